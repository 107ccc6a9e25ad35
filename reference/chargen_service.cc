// The pattern that RFC 864 shows.
#include "reference/chargen_service.h"

#include <random>

namespace sockspec::reference {

std::string ChargenLine(std::size_t number) {
  constexpr char kFirst = ' ';
  constexpr std::size_t kRing = '~' - ' ' + 1;
  constexpr std::size_t kWidth = 72;
  std::string line;
  for (std::size_t i = 0; i < kWidth; ++i) {
    line.push_back(static_cast<char>(kFirst + (number + i) % kRing));
  }
  return line + "\r\n";
}

std::string ChargenService::Speak() {
  // Some lines at a time save system calls; still less than a kilobyte, so that no reader of
  // records finds them too long.
  constexpr int kLines = 13;
  std::string text;
  for (int i = 0; i < kLines; ++i) text += ChargenLine(next_line_++);
  return text;
}

std::optional<std::string> ChargenService::Answer(std::string_view /*request*/) {
  constexpr std::size_t kMost = 512;
  std::string text;
  while (text.size() < kMost) text += ChargenLine(next_line_++);
  // Never 0: a client could not tell an empty answer from trouble.
  text.resize(1 + std::random_device()() % kMost);
  return text;
}

}  // namespace sockspec::reference
