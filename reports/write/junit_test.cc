// JUnit: a consumer turns red exactly when the exit status is not 0.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "reports/write/golden_report.h"
#include "reports/write/writers.h"

namespace sockspec::report {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class JunitTest : public ::testing::TestWithParam<JunitDialect> {
 protected:
  void Write(const Report& report) {
    const std::string text = WriteJunit(report, GetParam());
    ASSERT_TRUE(document_.load_string(text.c_str())) << text;
  }

  std::size_t Number(const char* path) { return document_.select_nodes(path).size(); }
  std::size_t Red() { return Number("//testcase/failure") + Number("//testcase/error"); }

  pugi::xml_document document_;
};

Report OneRow(Level level, Verdict verdict, int exit_code) {
  Report report;
  report.exit_code = exit_code;
  report.programs = {{.implementation = "day", .role = "server"}};
  Row row;
  row.requirement = "CLS-05";
  row.area = "CLS";
  row.transport = "tcp4";
  row.level = level;
  row.verdict = verdict;
  row.counts = level == Level::kMust;
  row.reason = "closes with RST";
  report.rows = {row};
  return report;
}

TEST_P(JunitTest, AFailureThatCountsIsAFailure) {
  Write(OneRow(Level::kMust, Verdict::kFail, 1));
  EXPECT_EQ(Number("//testcase[@classname='sockspec.day.server.tcp4.CLS']/failure[@type='MUST']"),
            1u);
  EXPECT_EQ(Red(), 1u);
}

TEST_P(JunitTest, AFailureThatDoesNotCountIsSkippedAndSaysSo) {
  Write(OneRow(Level::kShould, Verdict::kFail, 0));
  EXPECT_EQ(Red(), 0u);
  EXPECT_THAT(document_.select_node("//skipped").node().attribute("message").value(),
              StartsWith("SHOULD failed: closes with RST"));
}

TEST_P(JunitTest, AWaivedFailureIsSkippedWithTheReason) {
  Report report = OneRow(Level::kMust, Verdict::kFail, 0);
  report.rows[0].waived = true;
  report.rows[0].waiver = "fixed address";
  Write(report);
  EXPECT_EQ(Red(), 0u);
  EXPECT_THAT(document_.select_node("//skipped").node().attribute("message").value(),
              HasSubstr("fixed address"));
}

TEST_P(JunitTest, AMustThatCouldNotBeJudgedIsAnError) {
  Write(OneRow(Level::kMust, Verdict::kInconclusive, 3));
  EXPECT_EQ(Number("//testcase/error[@type='inconclusive']"), 1u);
  EXPECT_EQ(Red(), 1u);
}

TEST_P(JunitTest, TroubleOfTheHarnessIsAnErrorAndNoFailure) {
  Write(OneRow(Level::kMust, Verdict::kError, 3));
  EXPECT_EQ(Number("//testcase/error[@type='error']"), 1u);
  EXPECT_EQ(Red(), 1u);
}

TEST_P(JunitTest, ARunWithoutVerdictsThatEndsBadlyIsRed) {
  Report report;
  report.exit_code = 5;
  Write(report);
  EXPECT_EQ(Number("//testcase[@classname='sockspec.run']/error"), 1u);
}

TEST_P(JunitTest, APartialRunSaysSoBesideItsFailures) {
  Report report = OneRow(Level::kMust, Verdict::kFail, 130);
  report.complete = false;
  report.incomplete = "interrupted";
  Write(report);
  EXPECT_EQ(Red(), 2u);
  EXPECT_EQ(Number("//testcase/error[@type='incomplete']"), 1u);
}

TEST_P(JunitTest, EqualNamesAreToldApart) {
  Report report = OneRow(Level::kMust, Verdict::kPass, 0);
  report.rows.push_back(report.rows[0]);
  Write(report);
  EXPECT_EQ(Number("//testcase"), 2u);
  EXPECT_EQ(Number("//testcase[@name=preceding-sibling::testcase/@name]"), 0u);
}

TEST_P(JunitTest, TheNumbersOfASuiteAreThoseOfItsCases) {
  Write(GoldenReport());
  std::size_t cases = 0;
  for (const auto& found : document_.select_nodes("//testsuite")) {
    const pugi::xml_node suite = found.node();
    EXPECT_EQ(suite.attribute("tests").as_uint(), suite.select_nodes("testcase").size());
    EXPECT_EQ(suite.attribute("failures").as_uint(), suite.select_nodes("*/failure").size());
    EXPECT_EQ(suite.attribute("errors").as_uint(), suite.select_nodes("*/error").size());
    EXPECT_EQ(suite.attribute("skipped").as_uint(), suite.select_nodes("*/skipped").size());
    cases += suite.attribute("tests").as_uint();
  }
  EXPECT_EQ(cases, GoldenReport().rows.size() + 1) << "and the run itself, which is incomplete";
}

INSTANTIATE_TEST_SUITE_P(Dialects, JunitTest,
                         ::testing::Values(JunitDialect::kDefault, JunitDialect::kStrict),
                         [](const auto& param) {
                           return param.param == JunitDialect::kStrict ? "Strict" : "Default";
                         });

}  // namespace
}  // namespace sockspec::report
