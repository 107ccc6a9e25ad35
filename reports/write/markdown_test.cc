// Markdown: text of others begins no list, heading, table or link.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/write/writers.h"

namespace sockspec::report {
namespace {

using ::testing::HasSubstr;

std::string WithWarning(std::string warning) {
  Report report;
  report.warnings = {std::move(warning)};
  return WriteMarkdown(report);
}

TEST(MarkdownTest, BlocksDoNotBegin) {
  EXPECT_THAT(WithWarning("- item"), HasSubstr(" \\- item\n"));
  EXPECT_THAT(WithWarning("1. item"), HasSubstr(" 1\\. item\n"));
  EXPECT_THAT(WithWarning("# heading"), HasSubstr(" \\# heading\n"));
}

TEST(MarkdownTest, PlainTextStaysReadable) {
  EXPECT_THAT(WithWarning("1.2 of CLS-05: all is well."),
              HasSubstr(" 1.2 of CLS-05: all is well.\n"));
}

TEST(MarkdownTest, LinksAndCodeStayText) {
  EXPECT_THAT(WithWarning("[a](b) `c` http://d"), HasSubstr("\\[a\\](b) \\`c\\` http\\://d"));
}

}  // namespace
}  // namespace sockspec::report
