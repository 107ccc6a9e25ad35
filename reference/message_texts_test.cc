// What the services say, against what the RFCs print.
#include "reference/chargen_service.h"
#include "reference/daytime.h"
#include "reference/quote.h"
#include "reference/services.h"
#include "reference/time_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reference/failure.h"

namespace sockspec::reference {
namespace {

using testing::Eq;
using testing::Optional;

// Big-endian bytes of a number.
std::string Bytes(std::uint32_t value) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

TEST(TimeValue, TheExamplesOfRfc868) {
  // 1 Jan 1970, 1976 and 1980, 1 May 1983, each 00:00 GMT.
  const std::pair<std::uint32_t, std::time_t> kExamples[] = {{2'208'988'800u, 0},
                                                             {2'398'291'200u, 189'302'400},
                                                             {2'524'521'600u, 315'532'800},
                                                             {2'629'584'000u, 420'595'200}};
  for (const auto& [value, time] : kExamples) {
    EXPECT_EQ(TimeValue(time), Bytes(value));
    EXPECT_THAT(ParseTimeValue(Bytes(value)), Optional(Eq(time)));
  }
}

TEST(TimeValue, GoesOnAfter2036) {
  // 7 February 2036 06:28:16 is 2^32 seconds after 1900.
  constexpr std::time_t kWrap = 2'085'978'496;
  EXPECT_EQ(TimeValue(kWrap - 1), "\xFF\xFF\xFF\xFF");
  EXPECT_EQ(TimeValue(kWrap), std::string(4, '\0'));
  EXPECT_THAT(ParseTimeValue(std::string(4, '\0')), Optional(Eq(kWrap)));
}

TEST(TimeValue, IsFourBytes) {
  EXPECT_EQ(ParseTimeValue("abc"), std::nullopt);
  EXPECT_EQ(ParseTimeValue("abcde"), std::nullopt);
}

TEST(Daytime, IsOneLine) {
  EXPECT_EQ(DaytimeText(0), "Thursday, January 01, 1970 00:00:00-UTC\r\n");
  EXPECT_EQ(DaytimeText(951'782'399), "Monday, February 28, 2000 23:59:59-UTC\r\n");
}

TEST(Quote, ChangesByTheDayAndIsShort) {
  constexpr std::time_t kDay = 86'400;
  EXPECT_EQ(QuoteOfTheDay(5 * kDay), QuoteOfTheDay(6 * kDay - 1));
  EXPECT_NE(QuoteOfTheDay(5 * kDay), QuoteOfTheDay(6 * kDay));
  for (int day = 0; day < 30; ++day) {
    const std::string quote = QuoteOfTheDay(day * kDay);
    EXPECT_LT(quote.size(), 512u);
    EXPECT_THAT(quote, testing::MatchesRegex("([ -~]+\r\n)+"));
  }
}

TEST(Chargen, ThePatternOfRfc864) {
  EXPECT_EQ(ChargenLine(0),
            " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg\r\n");
  EXPECT_EQ(ChargenLine(1).substr(0, 3), "!\"#");
  EXPECT_EQ(ChargenLine(94).substr(0, 3), "~ !");
  EXPECT_EQ(ChargenLine(95), ChargenLine(0));
}

TEST(Chargen, ADatagramHasUpTo512Characters) {
  for (int i = 0; i < 1000; ++i) {
    const std::optional<std::string> answer = ChargenService().Answer("");
    ASSERT_TRUE(answer);
    EXPECT_GE(answer->size(), 1u);
    EXPECT_LE(answer->size(), 512u);
  }
}

TEST(Services, WhatIsSaidAndWhoEnds) {
  for (const char* name : {"daytime", "time", "qotd"}) {
    const std::unique_ptr<Service> service = FindService(name)();
    EXPECT_FALSE(service->Finished()) << name;
    EXPECT_NE(service->Speak(), "") << name;
    EXPECT_TRUE(service->Finished()) << name;
  }
  const std::unique_ptr<Service> echo = FindService("echo")();
  EXPECT_EQ(echo->Speak(), "");
  EXPECT_EQ(echo->Reply("words"), "words");
  EXPECT_FALSE(echo->Finished());
  const std::unique_ptr<Service> discard = FindService("discard")();
  EXPECT_EQ(discard->Speak() + discard->Reply("words"), "");
  EXPECT_EQ(discard->Answer("words"), std::nullopt);
  EXPECT_THROW(FindService("finger"), UsageError);
}

}  // namespace
}  // namespace sockspec::reference
