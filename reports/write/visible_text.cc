// Untrusted bytes made fit to show.
#include "reports/write/visible_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace sockspec::report {

namespace {

constexpr std::uint32_t kReplacement = 0xfffd;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Takes one code point off the front; a byte that begins none counts as U+FFFD.
std::uint32_t TakeCodePoint(std::string_view* text) {
  const auto first = static_cast<unsigned char>(text->front());
  if (first < 0x80) {
    text->remove_prefix(1);
    return first;
  }
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  static constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  std::uint32_t code = first & (0xff >> (length + 1));
  bool good = length != 0 && length <= text->size() && first <= 0xf4;
  for (std::size_t i = 1; good && i < length; ++i) {
    good = IsContinuation((*text)[i]);
    code = code << 6 | (static_cast<unsigned char>((*text)[i]) & 0x3f);
  }
  good = good && code >= kLeast[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  text->remove_prefix(good ? length : 1);
  return good ? code : kReplacement;
}

// Characters without a shape of their own that reorder or split what a reader sees, C1 controls
// (some terminals obey them) and what XML 1.0 forbids.
bool OnlySteers(std::uint32_t code) {
  return (code >= 0x80 && code <= 0x9f) || code == 0x061c || (code >= 0x200b && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
         code == 0xfeff || (code & 0xfffe) == 0xfffe || (code >= 0xe0000 && code <= 0xe0fff);
}

std::uint32_t Shown(std::uint32_t code, Breaks breaks) {
  if (code == '\t') return breaks == Breaks::kKeep ? code : ' ';
  if (code == '\n' && breaks == Breaks::kKeep) return code;
  if (code < 0x20) return 0x2400 + code;
  if (code == 0x7f) return 0x2421;
  return OnlySteers(code) ? kReplacement : code;
}

void Append(std::uint32_t code, std::string* out) {
  const auto put = [out](std::uint32_t byte) { *out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

}  // namespace

std::string Visible(std::string_view text, Breaks breaks) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) Append(Shown(TakeCodePoint(&text), breaks), &out);
  return out;
}

std::string Last(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  std::size_t cut = text.size() - limit;
  while (cut < text.size() && IsContinuation(text[cut])) ++cut;
  // A whole line where there is one.
  const std::size_t line = text.find('\n', cut);
  if (line != std::string_view::npos && line + 1 < text.size()) cut = line + 1;
  return fmt::format("({} bytes left out)\n{}", cut, text.substr(cut));
}

std::string PageText(std::string_view text) {
  if (text.size() <= kPageTextBytes) return std::string(text);
  return fmt::format("{}... ({} bytes)", text.substr(0, kPageTextBytes), text.size());
}

std::size_t Columns(std::string_view visible) {
  return visible.size() - std::count_if(visible.begin(), visible.end(), IsContinuation);
}

std::string Decimal(double number) {
  return fmt::format("{:.3f}", std::isfinite(number) ? number : 0.0);
}

}  // namespace sockspec::report
