// The pattern that RFC 864 recommends: lines of 72 characters and CRLF, each one character further
// in the ring of the 95 printable ones.
#pragma once

#include <cstddef>
#include <string_view>

namespace sockspec {

inline constexpr std::size_t kPatternLine = 72 + 2;

// The bytes follow it without a gap, wherever in it they begin.
bool KeepsPattern(std::string_view bytes);

}  // namespace sockspec
