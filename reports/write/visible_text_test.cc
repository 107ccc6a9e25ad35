// Untrusted bytes made fit to show.
#include "reports/write/visible_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace sockspec::report {
namespace {

TEST(VisibleTextTest, ControlCharactersBecomePictures) {
  EXPECT_EQ(Visible(std::string("a\0b\x1b[1m\x7f", 8)), "a␀b␛[1m␡");
  EXPECT_EQ(Visible("a\r\n\tb"), "a␍␊ b");
  EXPECT_EQ(Visible("a\r\n\tb", Breaks::kKeep), "a␍\n\tb");
}

TEST(VisibleTextTest, TextOfOtherLanguagesStays) {
  EXPECT_EQ(Visible("Zürich – 東京 😀"), "Zürich – 東京 😀");
}

TEST(VisibleTextTest, EachByteThatIsNoUtf8IsReplaced) {
  EXPECT_EQ(Visible("\xff"), "\uFFFD");
  EXPECT_EQ(Visible("\xc3("), "\uFFFD(");                              // cut short
  EXPECT_EQ(Visible("\xc0\xaf"), "\uFFFD\uFFFD");                      // overlong
  EXPECT_EQ(Visible("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");            // a surrogate
  EXPECT_EQ(Visible("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // past U+10FFFF
}

TEST(VisibleTextTest, CharactersThatOnlySteerAreReplaced) {
  EXPECT_EQ(Visible("\xc2\x9b"
                    "2J"),
            "\uFFFD2J");                         // C1 CSI
  EXPECT_EQ(Visible("\xe2\x80\xae"), "\uFFFD");  // right-to-left override
  EXPECT_EQ(Visible("\xef\xbf\xbf"), "\uFFFD");  // U+FFFF: not XML
}

TEST(VisibleTextTest, LastKeepsTheEndAndSaysWhatIsMissing) {
  EXPECT_EQ(Last("one\ntwo\nthree\n", 8), "(8 bytes left out)\nthree\n") << "whole lines";
  EXPECT_EQ(Last("abc", 3), "abc");
  EXPECT_EQ(Last("one\ntwo\nthree\n", 8), "(8 bytes left out)\nthree\n") << "whole lines";
  EXPECT_EQ(Last("abcdef", 2), "(4 bytes left out)\nef");
  EXPECT_EQ(Last("one\ntwo\nthree\n", 8), "(8 bytes left out)\nthree\n") << "whole lines";
  EXPECT_EQ(Last("ab\u00fc", 1), "(4 bytes left out)\n") << "no half character";
}

TEST(VisibleTextTest, DecimalsHaveNoExponent) {
  EXPECT_EQ(Decimal(1e-9), "0.000");
  EXPECT_EQ(Decimal(1234567.8905), "1234567.890");
  EXPECT_EQ(Decimal(std::numeric_limits<double>::infinity()), "0.000");
}

TEST(VisibleTextTest, ColumnsAreCodePoints) { EXPECT_EQ(Columns("aü✓"), 3u); }

}  // namespace
}  // namespace sockspec::report
