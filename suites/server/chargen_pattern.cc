// Recognises the pattern that RFC 864 recommends.
#include "suites/server/chargen_pattern.h"

#include <cstddef>

namespace sockspec {
namespace {

constexpr std::size_t kWidth = kPatternLine - 2;
constexpr std::size_t kRing = '~' - ' ' + 1;

// Byte `at` of the endless pattern.
char PatternByte(std::size_t at) {
  const std::size_t line = at / kPatternLine, column = at % kPatternLine;
  if (column == kWidth) return '\r';
  if (column == kWidth + 1) return '\n';
  return static_cast<char>(' ' + (line + column) % kRing);
}

bool MatchesFrom(std::string_view bytes, std::size_t start) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != PatternByte(start + i)) return false;
  }
  return true;
}

}  // namespace

bool KeepsPattern(std::string_view bytes) {
  for (std::size_t start = 0; start < kPatternLine * kRing; ++start) {
    if (MatchesFrom(bytes, start)) return true;
  }
  return false;
}

}  // namespace sockspec
