// The layout of terminal text.
#include "reports/write/terminal_page.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "reports/write/golden_report.h"
#include "reports/write/visible_text.h"
#include "reports/write/writers.h"

namespace sockspec::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TerminalPageTest, WrapsWithAHangingIndent) {
  TerminalPage page(false, 50);
  page.Wrapped({{"head  "}}, "one two three four five six seven eight nine ten", Paint::kPlain, 4);
  EXPECT_EQ(page.text(), "head  one two three four five six seven eight nine\n    ten\n");
}

TEST(TerminalPageTest, BreaksAWordLongerThanALine) {
  TerminalPage page(false, 50);
  page.Wrapped({}, std::string(70, 'x'), Paint::kPlain, 2);
  EXPECT_EQ(page.text(), fmt::format("{:x<48}\n  {:x<22}\n", "", ""));
}

TEST(TerminalPageTest, TablesStandSideBySideWhereTheyFit) {
  const Table table{{{{"area"}, {"pass"}}, {{"CLS"}, {"12"}}}};
  TerminalPage wide(false, 60), narrow(false, 50);
  wide.Tables({table, table});
  EXPECT_EQ(wide.text(), "  area  pass    area  pass\n  CLS     12    CLS     12\n");
  narrow.Tables({table, table, table, table});
  EXPECT_EQ(narrow.text(),
            "  area  pass    area  pass    area  pass\n"
            "  CLS     12    CLS     12    CLS     12\n"
            "\n"
            "  area  pass\n"
            "  CLS     12\n");
}

TEST(TerminalPageTest, ATableTooWideLosesTheEndOfItsNames) {
  TerminalPage page(false, 50);
  page.Tables({{{{{std::string(60, 'n')}, {"12"}}}}});
  EXPECT_EQ(page.text(), "  " + std::string(43, 'n') + "…  12\n");
}

TEST(TerminalPageTest, PaintsOnlyWhenAsked) {
  TerminalPage plain(false, 80), colour(true, 80);
  plain.Line("x", Paint::kRed);
  colour.Line("x", Paint::kRed);
  EXPECT_EQ(plain.text(), "x\n");
  EXPECT_EQ(colour.text(), "\x1b[1;31mx\x1b[0m\n");
}

TEST(TerminalWriterTest, KeepsToTheWidthButForCommandsAndTheHeadline) {
  for (int width : {60, 80, 120}) {
    std::istringstream lines(WriteTerminal(GoldenReport(), {.width = width, .verbose = true}));
    for (std::string line; std::getline(lines, line);) {
      if (line.find("repeat: ") != std::string::npos) continue;
      if (line == Headline(GoldenReport())) continue;
      EXPECT_LE(Columns(line), static_cast<std::size_t>(width)) << line;
      EXPECT_FALSE(line.ends_with(' ')) << line;
    }
  }
}

TEST(TerminalWriterTest, ThePlanesComeFirstWarningsBeforeVerdictsAndTheHeadlineLast) {
  const Report report = GoldenReport();
  const std::string text = WriteTerminal(report, {.width = 200});
  EXPECT_TRUE(text.starts_with("sockspec 0.1.0  planes trace, kernel, wire\n")) << text;
  EXPECT_LT(text.find("warning: The sandbox is degraded"), text.find("2 failed"));
  EXPECT_TRUE(text.ends_with(Headline(report) + "\n"));
}

TEST(TerminalWriterTest, VerboseAddsPassesAndReasonsOfWhatDoesNotApply) {
  const std::string brief = WriteTerminal(GoldenReport(), {});
  const std::string verbose = WriteTerminal(GoldenReport(), {.verbose = true});
  EXPECT_THAT(brief, Not(HasSubstr("does not fork")));
  EXPECT_THAT(verbose, HasSubstr("does not fork"));
  EXPECT_THAT(verbose, HasSubstr("✓ CLI-06"));
}

}  // namespace
}  // namespace sockspec::report
