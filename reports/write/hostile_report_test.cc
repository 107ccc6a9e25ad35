// Whatever a program prints, no format breaks and nothing of it steers a terminal or a CI.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <sstream>

#include "reports/write/golden_report.h"
#include "reports/write/visible_text.h"
#include "reports/write/writer_test_support.h"
#include "reports/write/writers.h"

namespace sockspec::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Every text of the report is hostile, in every field that a program or its author can reach.
Report HostileReport() {
  const std::string bad = HostileText();
  Report report;
  report.tool_version = report.run_id = report.host = report.sandbox = report.planes = bad;
  report.started = "2026-11-22T20:31:20Z";
  report.profile = "robust";
  report.warnings = {bad};
  report.complete = false;
  report.incomplete = bad;
  report.exit_code = 1;
  report.programs = {{bad, bad, "server", bad, {bad}, bad}};
  for (Verdict verdict : {Verdict::kPass, Verdict::kFail, Verdict::kInconclusive,
                          Verdict::kNotApplicable, Verdict::kError}) {
    for (bool waived : {false, true}) {
      Row row;
      row.requirement = row.area = row.step = row.obliged_by = bad;
      row.statement = row.source = row.hint = row.transport = row.scenario = bad;
      row.verdict = verdict;
      row.counts = true;
      row.waived = waived;
      row.waiver = row.reason = row.expected = row.observed = row.repeat = row.file = bad;
      row.notes = {bad};
      row.excerpt = {{1e-9, bad, bad, bad, true}, {1e300, "wire", "harness", bad, false}};
      row.milliseconds = 1e-7;
      report.rows.push_back(row);
    }
  }
  report.rows.back().program = 99;
  report.rows.back().milliseconds = 0.0 / 0.0;
  report.logs = {{0, bad, bad, bad + std::string(200 * 1024, 'x'), bad, true}};
  return report;
}

bool HasControlBytes(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) {
    return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
  });
}

TEST(HostileReportTest, NoFormatHoldsControlBytesOrBrokenUtf8) {
  for (const Report& report : {HostileReport(), GoldenReport()}) {
    for (const Written& written : WriteAll(report)) {
      EXPECT_FALSE(HasControlBytes(written.text)) << written.file;
      // What is valid and harmless already comes back as it was.
      if (written.file != "report.md") {
        EXPECT_TRUE(Visible(written.text, Breaks::kKeep) == written.text) << written.file;
      }
    }
  }
}

TEST(HostileReportTest, ColourComesFromTheWriterAlone) {
  std::string text = WriteTerminal(HostileReport(), {.colour = true, .verbose = true});
  EXPECT_THAT(text, HasSubstr("\x1b[1;31m"));
  for (std::size_t at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b', at)) {
    const std::size_t end = text.find('m', at);
    ASSERT_NE(end, std::string::npos);
    const std::string sequence = text.substr(at + 1, end - at);
    EXPECT_EQ(sequence.find_first_not_of("[;m0123456789"), std::string::npos) << sequence;
    text.erase(at, end + 1 - at);
  }
  EXPECT_FALSE(HasControlBytes(text));
}

TEST(HostileReportTest, NoLineOfTheTerminalForgesACommandOfTheCi) {
  const std::string text = WriteTerminal(HostileReport(), {.verbose = true});
  EXPECT_THAT(text, Not(HasSubstr("\n::")));
}

TEST(HostileReportTest, MarkupStaysText) {
  const std::string html = WriteHtml(HostileReport());
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<b>")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;"));
}

// Markdown without its fenced blocks, in which nothing has a meaning.
std::string OutsideFences(const std::string& markdown) {
  std::string outside, fence;
  std::istringstream lines(markdown);
  for (std::string line; std::getline(lines, line);) {
    if (fence.empty() && line.starts_with("```")) {
      fence = line.substr(0, line.find_first_not_of('`'));
    } else if (line == fence) {
      fence.clear();
    } else if (fence.empty()) {
      outside += line + "\n";
    }
  }
  EXPECT_EQ(fence, "") << "a fence stays open";
  return outside;
}

TEST(HostileReportTest, MarkdownHoldsNoMarkupOfTheProgram) {
  const std::string text = OutsideFences(WriteMarkdown(HostileReport()));
  EXPECT_THAT(text, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(text, Not(HasSubstr("<script")));
  EXPECT_THAT(text, Not(HasSubstr("@everyone")));
  EXPECT_THAT(text, Not(HasSubstr("\n# @")));
}

TEST(HostileReportTest, RowsOfMarkdownTablesKeepTheirCells) {
  std::istringstream lines(OutsideFences(WriteMarkdown(HostileReport())));
  int rows = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| ")) continue;
    ++rows;
    int pipes = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '|' && (i == 0 || line[i - 1] != '\\')) ++pipes;
    }
    EXPECT_EQ(pipes, 7) << line;
  }
  EXPECT_GT(rows, 4);
}

TEST(HostileReportTest, JsonReadsBackWithEveryByteThatIsText) {
  const auto json = nlohmann::json::parse(WriteJson(HostileReport()));
  const std::string observed = json.at("rows").at(0).at("observed");
  EXPECT_THAT(observed, HasSubstr("\x1b[31mred"));
  EXPECT_THAT(observed, HasSubstr(std::string("\0", 1)));
  EXPECT_THAT(observed, HasSubstr("\xef\xbf\xbd"));
}

TEST(HostileReportTest, XmlReadsBack) {
  for (JunitDialect dialect : {JunitDialect::kDefault, JunitDialect::kStrict}) {
    pugi::xml_document document;
    const std::string text = WriteJunit(HostileReport(), dialect);
    ASSERT_TRUE(document.load_string(text.c_str())) << text;
    EXPECT_THAT(document.select_node("//failure").node().child_value(), HasSubstr("]]> </script>"));
    EXPECT_THAT(document.select_node("//system-out").node().child_value(),
                Not(HasSubstr("[[ATTACHMENT")));
  }
}

TEST(HostileReportTest, XmllintFindsNothing) {
  if (!HaveXmllint()) GTEST_SKIP() << "xmllint is not installed (libxml2-utils)";
  const std::string schema = "--schema " SOCKSPEC_REPORTS_DIR "/schema/junit-strict.xsd";
  for (const Report& report : {HostileReport(), GoldenReport(), Report()}) {
    EXPECT_EQ(Xmllint("", WriteJunit(report, JunitDialect::kDefault)), "");
    EXPECT_EQ(Xmllint(schema, WriteJunit(report, JunitDialect::kStrict)), "");
    EXPECT_EQ(Xmllint("", WriteHtml(report)), "");
    EXPECT_EQ(Xmllint("--html", WriteHtml(report)), "");
  }
  EXPECT_NE(Xmllint(schema, WriteJunit(GoldenReport(), JunitDialect::kDefault)), "")
      << "the schema must tell the dialects apart";
}

}  // namespace
}  // namespace sockspec::report
