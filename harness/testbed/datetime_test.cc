// Tests of reading dates and times in many formats.
#include "harness/testbed/datetime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sockspec {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::int64_t k1982 = 383247463;   // 1982-02-22 17:37:43
constexpr std::int64_t k2024 = 1707154663;  // 2024-02-05 17:37:43

bool HasReading(std::string_view text, std::int64_t seconds) {
  for (const StatedTime& stated : ReadStatedTime(text)) {
    if (stated.seconds == seconds) return true;
  }
  return false;
}

TEST(ReadStatedTime, KnowsTheUsualFormats) {
  EXPECT_TRUE(HasReading("Monday, February 22, 1982 17:37:43-PST", k1982));
  EXPECT_TRUE(HasReading("22 FEB 82 17:37:43 PST\r\n", k1982));
  EXPECT_TRUE(HasReading("Mon Feb  5 17:37:43 2024\n", k2024));
  EXPECT_TRUE(HasReading("Mon Feb  5 17:37:43 UTC 2024\n", k2024));
  EXPECT_TRUE(HasReading("Mon Feb  5 05:37:43 PM UTC 2024\n", k2024));
  EXPECT_TRUE(HasReading("Mon, 05 Feb 2024 17:37:43 +0000\r\n", k2024));
  EXPECT_TRUE(HasReading("Monday, 05-Feb-24 17:37:43 GMT", k2024));
  EXPECT_TRUE(HasReading("2024-02-05T17:37:43Z", k2024));
  EXPECT_TRUE(HasReading("2024-02-05 17:37:43.123456+05:45", k2024));
  EXPECT_TRUE(HasReading("20240205T173743Z", k2024));
  EXPECT_TRUE(HasReading("\n60345 24-02-05 17:37:43 00 0 0 123.4 UTC(NIST) * \n", k2024));
  EXPECT_TRUE(HasReading("05.02.2024 17:37:43", k2024));
  EXPECT_TRUE(HasReading("02/05/24 17:37:43", k2024));
  EXPECT_TRUE(HasReading("2/5/2024, 5:37:43 PM", k2024));
  EXPECT_TRUE(HasReading("17:37:43 05/02/2024", k2024));
  EXPECT_TRUE(HasReading("Mon 05 Feb 2024 05:37:43 PM UTC", k2024));
  EXPECT_TRUE(HasReading("The time is Feb 5, 2024 17:37:43.", k2024));
}

TEST(ReadStatedTime, ReadsMidnightInTwelveHours) {
  EXPECT_TRUE(HasReading("2/5/2024, 12:37:43 AM", k2024 - 17 * 3600));
}

TEST(ReadStatedTime, IsNotMisledByTheZone) {
  EXPECT_FALSE(HasReading("Mon, 05 Feb 2024 17:37:43 -0800", k2024 + 8 * 3600));
  for (const StatedTime& stated : ReadStatedTime("Mon Feb 5 17:37:43 -0800 2024")) {
    EXPECT_EQ(stated.seconds, k2024);
  }
}

TEST(ReadStatedTime, KnowsWhenSecondsAreMissing) {
  const auto readings = ReadStatedTime("2024-02-05 17:37");
  ASSERT_THAT(readings, Not(IsEmpty()));
  EXPECT_EQ(readings.front().precision, 60);
  EXPECT_EQ(readings.front().seconds, k2024 - 43);
}

TEST(ReadStatedTime, GivesNothingForOtherText) {
  EXPECT_THAT(ReadStatedTime(""), IsEmpty());
  EXPECT_THAT(ReadStatedTime("Hello, world\n"), IsEmpty());
  EXPECT_THAT(ReadStatedTime("17:37:43"), IsEmpty());
  EXPECT_THAT(ReadStatedTime("2024-02-05"), IsEmpty());
  EXPECT_THAT(ReadStatedTime("99:99:99 2024-02-05"), IsEmpty());
  EXPECT_THAT(ReadStatedTime(std::string("\0\xff\x80", 3)), IsEmpty());
}

// What a hostile program may send.
TEST(ReadStatedTime, TakesNoLongerForALongText) {
  constexpr std::size_t kMebibyte = 1 << 20;
  const std::string spaces(kMebibyte, ' ');
  const std::string line = "Sat Nov 21 10:00:01 2026";
  EXPECT_FALSE(ReadStatedTime(line + spaces).empty());
  EXPECT_TRUE(ReadStatedTime("10:00:01 21" + spaces + "Nov 2026").empty());
  std::string days;
  while (days.size() < kMebibyte) days += "feb 1 ";
  EXPECT_TRUE(ReadStatedTime(days).empty());
  EXPECT_FALSE(NamesOtherZone(spaces + "CET"));
}

TEST(IsBetween, TakesAnyZoneOfWholeQuarters) {
  EXPECT_TRUE(IsBetween({k2024, 1}, k2024 - 2, k2024 + 2));
  EXPECT_TRUE(IsBetween({k2024 + 20700, 1}, k2024 - 2, k2024 + 2));
  EXPECT_TRUE(IsBetween({k2024 - 43, 60}, k2024 - 2, k2024 + 2));
  EXPECT_FALSE(IsBetween({k2024 + 10, 1}, k2024 - 2, k2024 + 2));
  EXPECT_FALSE(IsBetween({k2024 - 10, 1}, k2024 - 2, k2024 + 2));
  EXPECT_FALSE(IsBetween({k2024 + 86400, 1}, k2024 - 2, k2024 + 2));
  EXPECT_FALSE(IsBetween({k1982, 1}, k2024 - 2, k2024 + 2));
}

TEST(NamesOtherZone, KnowsZonesFromMonths) {
  EXPECT_FALSE(NamesOtherZone("Thu Jan  1 00:00:00 UTC 1970"));
  EXPECT_FALSE(NamesOtherZone("1970-01-01T00:00:00+00:00"));
  EXPECT_FALSE(NamesOtherZone("1970-01-01 00:00:00"));
  EXPECT_TRUE(NamesOtherZone("Thu Jan  1 01:00:00 CET 1970"));
  EXPECT_TRUE(NamesOtherZone("1970-01-01T01:00:00+01:00"));
  EXPECT_TRUE(NamesOtherZone("1969-12-31 19:00:00 -0500"));
}

}  // namespace
}  // namespace sockspec
