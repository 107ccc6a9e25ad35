// Untrusted bytes made fit to show: what every writer does to a text before its own escaping.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sockspec::report {

enum class Breaks {
  kShow,  // a line break is shown as a symbol, a tab as a space: for text that must stay on one
          // line
  kKeep   // line breaks and tabs stay
};

// Valid UTF-8 in which nothing steers a terminal, an XML parser or the direction of writing:
// control characters appear as their pictures (ESC as U+241B), bytes that are no UTF-8 and
// characters that only steer as U+FFFD.
std::string Visible(std::string_view text, Breaks breaks = Breaks::kShow);

// How much of what a program printed is shown, and of one text of the timeline: on a page that is
// read at once, and in a file that folds it. The record has all that was kept.
inline constexpr std::size_t kPageLogBytes = 2000;
inline constexpr std::size_t kPageTextBytes = 600;
inline constexpr std::size_t kFileLogBytes = 64 * 1024;

// At most the last `limit` bytes, after a line that says how much was left out.
std::string Last(std::string_view text, std::size_t limit);

// The text, of a long one kPageTextBytes and how many there are.
std::string PageText(std::string_view text);

// Columns of a terminal that visible text takes, one for each code point.
std::size_t Columns(std::string_view visible);

// The whole of a number of milliseconds or seconds, three decimals, never an exponent; what is no
// finite number is 0.
std::string Decimal(double number);

}  // namespace sockspec::report
