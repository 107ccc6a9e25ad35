// Reads the date and time out of a line of text in any of the usual formats.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sockspec {

// A reading of a text: the date and time as written, its zone left aside.
struct StatedTime {
  std::int64_t seconds = 0;  // since 1970-01-01 00:00:00 of the same, unknown zone
  int precision = 1;         // 60 where the text has no seconds
};

// All readings, since "01/02/2024" and "82" have several; empty where the text has no date and time
// that is understood. Known: ctime(3), date(1), RFC 867's two, ISO 8601 (basic and extended),
// RFC 5322, RFC 850, NIST's (modified Julian date first), and numeric dates with / . or -, with
// English month names and 12 or 24 hours. Of a long text the first 4096 bytes are read.
std::vector<StatedTime> ReadStatedTime(std::string_view text);

// Whether a reading lies between two moments of UTC (seconds since 1970, fractions kept), taken in
// any zone that is a multiple of 15 minutes away.
bool IsBetween(const StatedTime& stated, double from, double to);

// A text that names a zone which is not UTC: "CET", "+0100".
bool NamesOtherZone(std::string_view text);

}  // namespace sockspec
