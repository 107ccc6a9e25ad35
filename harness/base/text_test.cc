// Tests of quoting, globbing and suggestions.
#include "harness/base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace sockspec {
namespace {

using ::testing::ElementsAre;

TEST(Quote, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(Quote("a\r\n\x1b[31m\"\\"), "\"a\\r\\n\\x1b[31m\\\"\\\\\"");
  EXPECT_EQ(Quote("abcdef", 3), "\"abc\"… (6 bytes)");
}

TEST(BytesToUtf8, KeepsEveryByte) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(Utf8ToBytes(BytesToUtf8(all)), all);
  EXPECT_EQ(BytesToUtf8("\xe9"), "\xc3\xa9");
}

TEST(GlobMatches, StarsAndQuestionMarks) {
  EXPECT_TRUE(GlobMatches("CLS-*", "CLS-05"));
  EXPECT_TRUE(GlobMatches("*-0?", "CLS-05"));
  EXPECT_TRUE(GlobMatches("*a*b", "xaybzb"));
  EXPECT_FALSE(GlobMatches("CLS-*", "cls-05"));
  EXPECT_FALSE(GlobMatches("CLS", "CLS-05"));
}

TEST(Split, AtEverySeparator) {
  EXPECT_THAT(Split("a::b", ':'), ElementsAre("a", "", "b"));
  EXPECT_THAT(Split("", ':'), ElementsAre(""));
  EXPECT_THAT(Split("a:", ':'), ElementsAre("a", ""));
}

TEST(Nearest, SuggestsOnlyWhatIsNear) {
  EXPECT_EQ(Nearest("comand", {"command", "commit", "port"}), "command");
  EXPECT_EQ(Nearest("zzzz", {"command", "port"}), "");
}

TEST(ShellSplit, FollowsQuotingRules) {
  EXPECT_THAT(ShellSplit(R"(socat 'a b' "c\"d" e\ f '')"),
              ElementsAre("socat", "a b", "c\"d", "e f", ""));
  EXPECT_THROW(ShellSplit("'open"), std::invalid_argument);
}

TEST(ShellQuote, IsReadBackBySplit) {
  const std::vector<std::string> words = {"plain", "two words", "it's", "", "$HOME"};
  EXPECT_EQ(ShellSplit(ShellQuote(words)), words);
}

}  // namespace
}  // namespace sockspec
