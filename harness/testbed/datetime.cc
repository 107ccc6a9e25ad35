// Reads the date and time out of a line of text in any of the usual formats. Boost.Regex, as for
// expected replies: std::regex recurses once for each byte of what it matches.
#include "harness/testbed/datetime.h"

#include <algorithm>
#include <array>
#include <boost/regex.hpp>
#include <cctype>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

namespace sockspec {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr char kMonthPattern[] = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*";

// Bytes of a text that are looked at. No line with a date is longer, and some of the searches below
// take the square of the length.
constexpr std::size_t kLongest = 4096;

struct TimeOfDay {
  int seconds = 0;
  int precision = 1;
};

struct Date {
  int year = 0, month = 0, day = 0;
};

int Number(const boost::ssub_match& match) { return std::stoi(match.str()); }

void AddDate(int year, int month, int day, std::vector<Date>* dates) {
  if (month >= 1 && month <= 12 && day >= 1 && day <= 31) dates->push_back({year, month, day});
}

// A year of two digits may belong to either century.
void AddDates(const std::string& year, int month, int day, std::vector<Date>* dates) {
  const int number = std::stoi(year);
  if (year.size() == 4) return AddDate(number, month, day, dates);
  AddDate(2000 + number, month, day, dates);
  AddDate(1900 + number, month, day, dates);
}

int MonthOf(const std::string& name) {
  const auto found = std::find(kMonths.begin(), kMonths.end(), name.substr(0, 3));
  return static_cast<int>(found - kMonths.begin()) + 1;
}

template <typename Function>
void ForEachMatch(const std::string& text, const boost::regex& pattern, Function function) {
  for (boost::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
    function(*it);
  }
}

// The first time in the text; what looks like a second one is the zone's offset.
std::optional<TimeOfDay> ReadTimeOfDay(const std::string& text) {
  static const boost::regex pattern(
      "(?:^|[^0-9:.])([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?:[.,][0-9]+)?"
      "(?:\\s*([ap])\\.?m\\b)?(?![0-9:])");
  boost::smatch match;
  if (!boost::regex_search(text, match, pattern)) return std::nullopt;
  int hour = Number(match[1]);
  const int minute = Number(match[2]);
  const int second = match[3].matched ? Number(match[3]) : 0;
  if (match[4].matched) {
    if (hour < 1 || hour > 12) return std::nullopt;
    hour = hour % 12 + (match[4].str() == "p" ? 12 : 0);
  }
  if (hour > 24 || minute > 59 || second > 60) return std::nullopt;
  return TimeOfDay{hour * 3600 + minute * 60 + second, match[3].matched ? 1 : 60};
}

void ReadNamedDates(const std::string& text, std::vector<Date>* dates) {
  // "22 February 1982", "02 FEB 82", "Sunday, 06-Nov-94"
  static const boost::regex day_first(
      std::string("(?:^|[^0-9:])([0-9]{1,2})(?:st|nd|rd|th)?[\\s.,-]*") + kMonthPattern +
      "[\\s.,-]*([0-9]{4}|[0-9]{2})(?![0-9:])");
  // "2024 Feb 22"
  static const boost::regex year_first(std::string("(?:^|[^0-9])([0-9]{4})[\\s.,-]*") +
                                       kMonthPattern + "[\\s.,-]*([0-9]{1,2})(?![0-9:])");
  // "February 22", the year being elsewhere
  static const boost::regex month_first(std::string("\\b") + kMonthPattern +
                                        "[\\s.,-]*([0-9]{1,2})(?:st|nd|rd|th)?(?![0-9:])");
  static const boost::regex year("(?:^|[^0-9:+-])([0-9]{4})(?![0-9:])");
  static const boost::regex short_year("\\A[\\s,]*'?([0-9]{2})(?![0-9:])");
  ForEachMatch(text, day_first, [&](const boost::smatch& match) {
    AddDates(match[3], MonthOf(match[2]), Number(match[1]), dates);
  });
  ForEachMatch(text, year_first, [&](const boost::smatch& match) {
    AddDate(Number(match[1]), MonthOf(match[2]), Number(match[3]), dates);
  });
  ForEachMatch(text, month_first, [&](const boost::smatch& date) {
    const int month = MonthOf(date[1]), day = Number(date[2]);
    ForEachMatch(text, year,
                 [&](const boost::smatch& match) { AddDate(Number(match[1]), month, day, dates); });
    boost::smatch match;
    const std::string rest = date.suffix();
    if (boost::regex_search(rest, match, short_year)) AddDates(match[1], month, day, dates);
  });
}

void ReadNumericDates(const std::string& text, std::vector<Date>* dates) {
  static const boost::regex long_year_first(
      "(?:^|[^0-9])([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?![0-9])");
  static const boost::regex year_last(
      "(?:^|[^0-9])([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4}|[0-9]{2})(?![0-9])");
  ForEachMatch(text, long_year_first, [&](const boost::smatch& match) {
    AddDate(Number(match[1]), Number(match[2]), Number(match[3]), dates);
  });
  ForEachMatch(text, year_last, [&](const boost::smatch& match) {
    const int first = Number(match[1]), second = Number(match[2]);
    AddDates(match[3], second, first, dates);
    AddDates(match[3], first, second, dates);
    if (match[3].length() == 2) AddDates(match[1], second, Number(match[3]), dates);
  });
}

StatedTime Join(const Date& date, const TimeOfDay& time) {
  using namespace std::chrono;  // NOLINT: the calendar is unreadable without it
  const sys_days days = year(date.year) / month(static_cast<unsigned>(date.month)) /
                        day(static_cast<unsigned>(date.day));
  return {static_cast<std::int64_t>(days.time_since_epoch().count()) * 86400 + time.seconds,
          time.precision};
}

std::vector<StatedTime> Read(const std::string& lower) {
  static const boost::regex basic_iso(
      "(?:^|[^0-9])([0-9]{4})([0-9]{2})([0-9]{2})[t ]?([0-9]{2})([0-9]{2})([0-9]{2})(?![0-9])");
  std::vector<StatedTime> readings;
  ForEachMatch(lower, basic_iso, [&](const boost::smatch& match) {
    std::vector<Date> dates;
    AddDate(Number(match[1]), Number(match[2]), Number(match[3]), &dates);
    const int seconds = Number(match[4]) * 3600 + Number(match[5]) * 60 + Number(match[6]);
    for (const Date& date : dates) readings.push_back(Join(date, {seconds, 1}));
  });
  const std::optional<TimeOfDay> time = ReadTimeOfDay(lower);
  if (!time.has_value()) return readings;
  std::vector<Date> dates;
  ReadNamedDates(lower, &dates);
  ReadNumericDates(lower, &dates);
  for (const Date& date : dates) readings.push_back(Join(date, *time));
  return readings;
}

}  // namespace

std::vector<StatedTime> ReadStatedTime(std::string_view text) {
  std::string lower(text.substr(0, kLongest));
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char byte) { return static_cast<char>(std::tolower(byte)); });
  try {
    return Read(lower);
  } catch (const std::runtime_error&) {
    return {};  // such a search would take longer than anybody wants to wait
  }
}

bool IsBetween(const StatedTime& stated, double from, double to) {
  // Zones reach from UTC-12 to UTC+14.
  constexpr int kQuarter = 900;
  for (int zone = -12 * 3600; zone <= 14 * 3600; zone += kQuarter) {
    const double utc = static_cast<double>(stated.seconds - zone);
    if (utc + stated.precision >= from && utc <= to) return true;
  }
  return false;
}

bool NamesOtherZone(std::string_view text) {
  // Months, days of the week and words may be in capitals too: then a zone was none, which costs no
  // more than strictness.
  static const boost::regex zone(
      "\\b(?!(?:UTC|GMT)\\b)[A-Z]{3,5}\\b|[+-](?!00:?00\\b)[0-9]{2}:?[0-9]{2}\\b");
  text = text.substr(0, kLongest);
  return boost::regex_search(text.begin(), text.end(), zone);
}

}  // namespace sockspec
