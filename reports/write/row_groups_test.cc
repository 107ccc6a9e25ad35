// What a reader meets once.
#include "reports/write/row_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sockspec::report {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

Row MakeRow(std::string requirement, std::string transport, Verdict verdict, std::string reason) {
  Row row;
  row.requirement = std::move(requirement);
  row.transport = std::move(transport);
  row.verdict = verdict;
  row.reason = std::move(reason);
  row.counts = true;
  return row;
}

TEST(RowGroupsTest, EqualFailuresOfSeveralTransportsAreOne) {
  Report report;
  report.rows = {
      MakeRow("A-1", "tcp4", Verdict::kFail, "x"), MakeRow("A-1", "tcp6", Verdict::kFail, "x"),
      MakeRow("A-1", "udp4", Verdict::kFail, "other"), MakeRow("A-2", "tcp4", Verdict::kFail, "x")};
  const auto groups = GroupFailures(report, Failures::kCounted);
  ASSERT_THAT(groups, ElementsAre(SizeIs(2), SizeIs(1), SizeIs(1)));
  EXPECT_EQ(Transports(groups[0]), "tcp4, tcp6");
}

TEST(RowGroupsTest, EachFailureBelongsToOneSection) {
  Report report;
  report.rows = {MakeRow("A-1", "tcp4", Verdict::kFail, "x"),
                 MakeRow("A-2", "tcp4", Verdict::kFail, "x"),
                 MakeRow("A-3", "tcp4", Verdict::kFail, "x")};
  report.rows[1].counts = false;
  report.rows[2].waived = true;
  const auto only = [&report](Failures failures) {
    const auto groups = GroupFailures(report, failures);
    return groups.size() == 1 ? groups[0][0]->requirement : "";
  };
  EXPECT_EQ(only(Failures::kCounted), "A-1");
  EXPECT_EQ(only(Failures::kUncounted), "A-2");
  EXPECT_EQ(only(Failures::kWaived), "A-3");
}

TEST(RowGroupsTest, EqualReasonsAreOneAndWhatTurnsRedComesFirst) {
  Report report;
  report.rows = {MakeRow("A-1", "tcp4", Verdict::kInconclusive, "mild"),
                 MakeRow("A-2", "tcp4", Verdict::kInconclusive, "ptrace"),
                 MakeRow("A-3", "tcp4", Verdict::kInconclusive, "ptrace"),
                 MakeRow("A-2", "tcp6", Verdict::kInconclusive, "ptrace"),
                 MakeRow("A-3", "tcp6", Verdict::kInconclusive, "ptrace")};
  report.rows[0].counts = false;
  const auto groups = GroupByReason(report, Verdict::kInconclusive);
  ASSERT_THAT(groups, ElementsAre(SizeIs(4), SizeIs(1)));
  EXPECT_THAT(IdsByTransport(groups[0]), ElementsAre(Pair("tcp4, tcp6", "A-2 A-3")));
}

TEST(RowGroupsTest, TheShortSourceIsTheFirstOne) {
  Row row;
  row.source = "RFC 2525 s.2.17 (a remark; more); RFC 9293";
  EXPECT_EQ(ShortSource(row), "RFC 2525 s.2.17");
  row.source = "close(2); tutorial";
  EXPECT_EQ(ShortSource(row), "close(2)");
}

TEST(RowGroupsTest, NotesOfSeveralTransportsAreOne) {
  Report report;
  report.rows = {MakeRow("A-1", "tcp4", Verdict::kPass, ""),
                 MakeRow("A-1", "tcp6", Verdict::kPass, "")};
  report.rows[0].notes = {"slow", "odd"};
  report.rows[1].notes = {"slow"};
  const auto notes = GroupNotes(report);
  ASSERT_THAT(notes, SizeIs(2));
  EXPECT_EQ(notes[0].note, "slow");
  EXPECT_THAT(notes[0].rows, SizeIs(2));
}

}  // namespace
}  // namespace sockspec::report
