// The sums, names and headline of reports.
#include "reports/model/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sockspec::report {
namespace {

using ::testing::ElementsAre;

Row MakeRow(int program, std::string area, std::string step, Level level, Verdict verdict) {
  Row row;
  row.program = program;
  row.transport = "tcp4";
  row.requirement = area + "-01";
  row.area = std::move(area);
  row.step = std::move(step);
  row.level = level;
  row.verdict = verdict;
  row.counts = level == Level::kMust || level == Level::kMustNot;
  return row;
}

Report TwoPrograms() {
  Report report;
  report.programs = {{.implementation = "day", .role = "server"},
                     {.implementation = "day", .role = "client"}};
  report.rows = {MakeRow(1, "CLI", "connect", Level::kMay, Verdict::kPass),
                 MakeRow(0, "CLS", "close", Level::kShould, Verdict::kFail),
                 MakeRow(0, "CLS", "close", Level::kMust, Verdict::kFail),
                 MakeRow(0, "BIND", "bind", Level::kMustNot, Verdict::kInconclusive)};
  return report;
}

std::vector<std::string> Keys(const std::vector<std::pair<std::string, Counts>>& sums) {
  std::vector<std::string> keys;
  for (const auto& [key, counts] : sums) keys.push_back(key);
  return keys;
}

TEST(ReportTest, NamesRoundTrip) {
  for (int i = 0; i < 5; ++i) {
    Verdict verdict;
    Level level;
    ASSERT_TRUE(ParseVerdict(Name(static_cast<Verdict>(i)), &verdict));
    ASSERT_TRUE(ParseLevel(Name(static_cast<Level>(i)), &level));
    EXPECT_EQ(static_cast<int>(verdict), i);
    EXPECT_EQ(static_cast<int>(level), i);
  }
  Verdict verdict;
  EXPECT_FALSE(ParseVerdict("passed", &verdict));
  EXPECT_EQ(Name(Level::kShouldNot), "SHOULD NOT");
}

TEST(ReportTest, SumsKeepTheOrderAReaderExpects) {
  const Summary summary = Summarise(TwoPrograms());
  EXPECT_THAT(Keys(summary.by_area), ElementsAre("CLI", "CLS", "BIND"));
  EXPECT_THAT(Keys(summary.by_level), ElementsAre("MUST", "MUST NOT", "SHOULD", "MAY"));
  EXPECT_THAT(Keys(summary.by_step), ElementsAre("server bind", "server close", "client connect"));
  EXPECT_THAT(Keys(summary.by_program), ElementsAre("day client tcp4", "day server tcp4"));
  EXPECT_EQ(summary.by_area[1].second.fail, 2);
  EXPECT_EQ(summary.all.total(), 4);
}

TEST(ReportTest, HeadlineSaysWhatFailedAndWhatIsMissing) {
  Report report = TwoPrograms();
  EXPECT_EQ(Headline(report), "1 passed, 2 failed (1 MUST), 1 inconclusive");
  report.rows[2].waived = true;
  report.rows[0].notes = {"slow"};
  EXPECT_EQ(Headline(report), "1 passed, 2 failed (1 MUST, 1 waived), 1 inconclusive, 1 note");
  report.planes = "wire, process (--planes wire)";
  EXPECT_EQ(Headline(report),
            "1 passed, 2 failed (1 MUST, 1 waived), 1 inconclusive, 1 note; seen on wire, process "
            "(--planes wire)");
  report.complete = false;
  report.rows.clear();
  EXPECT_EQ(Headline(report), "INCOMPLETE: nothing was judged");
}

TEST(ReportTest, OnlyWhatCountsAndIsNotWaivedTurnsTheRunRed) {
  Row row = MakeRow(0, "CLS", "close", Level::kMust, Verdict::kInconclusive);
  EXPECT_TRUE(TurnsRed(row));
  row.waived = true;
  EXPECT_FALSE(TurnsRed(row));
  row = MakeRow(0, "CLS", "close", Level::kShould, Verdict::kFail);
  EXPECT_FALSE(TurnsRed(row));
  row = MakeRow(0, "CLS", "close", Level::kMust, Verdict::kNotApplicable);
  EXPECT_FALSE(TurnsRed(row));
}

TEST(ReportTest, LabelsTellProgramsApart) {
  Report report = TwoPrograms();
  EXPECT_EQ(ProgramLabel(report, 0), "day server");
  report.programs[1] = {.implementation = "day", .role = "server", .service = "echo"};
  report.programs.push_back(report.programs[1]);
  EXPECT_EQ(ProgramLabel(report, 1), "day server echo 1");
  EXPECT_EQ(ProgramLabel(report, 2), "day server echo 2");
  EXPECT_EQ(ProgramLabel(report, 7), "program 7");
}

}  // namespace
}  // namespace sockspec::report
