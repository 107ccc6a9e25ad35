// What a client makes of the times in an ICMP timestamp reply: RFC 792.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "harness/base/text.h"
#include "suites/client/client_evidence.h"
#include "suites/client/raw_evidence.h"

namespace sockspec {
namespace {

// The highest bit says that the rest counts from no midnight.
constexpr std::uint32_t kNonStandard = 0x8000'0000;

SCENARIO(RawTimestamps, kClient, {Transport::kIcmp4},
         "the reply has known times; those of a second run are marked as not standard",
         .services = {"icmp-timestamp"}) {
  Listen();
  for (const std::uint32_t mark : {0u, kNonStandard}) {
    Launch();
    ReplyToAll([&](const RawPacket& request) {
      return ReplyTo(request, kReceiveTime | mark, kTransmitTime | mark);
    });
    WaitForExit();
    if (Running()) Kill();
  }
}

// The number in the output, in digits or hexadecimal, and not as a part of a longer one.
bool HoldsNumber(const std::string& text, std::uint32_t value) {
  std::string lowered = text;
  std::ranges::transform(lowered, lowered.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string& number : {fmt::format("{}", value), fmt::format("{:x}", value)}) {
    for (std::size_t at = lowered.find(number); at != std::string::npos;
         at = lowered.find(number, at + 1)) {
      const auto is_digit = [&](std::size_t i) {
        return i < lowered.size() && std::isdigit(static_cast<unsigned char>(lowered[i])) != 0;
      };
      if (!(at > 0 && is_digit(at - 1)) && !is_digit(at + number.size())) return true;
    }
  }
  return false;
}

// As a time of day: 12:34:56, hours beyond 23 as well.
std::string ClockTime(std::uint32_t milliseconds) {
  const std::uint32_t seconds = milliseconds / 1000;
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

bool States(const std::string& text, std::uint32_t value) {
  return HoldsNumber(text, value) || text.find(ClockTime(value)) != std::string::npos;
}

// As a machine with the other byte order reads it.
std::uint32_t Swapped(std::uint32_t value) { return __builtin_bswap32(value); }

bool StatesSwapped(const std::string& text, std::uint32_t value) {
  const std::string as_signed = std::to_string(static_cast<std::int32_t>(Swapped(value)));
  return States(text, Swapped(value)) || text.find(as_signed) != std::string::npos;
}

// RAW-08: the times are those of the reply; one that is not standard is not taken for a time of
// day.
CHECK(RawTimestamps, "RAW-08") {
  for (int run = 0; run < 2; ++run) {
    const RawReplies replies = RepliesIn(timeline(), run);
    Examine(replies.events);
    if (!replies.undecided.empty()) Inconclusive(replies.undecided);
    const std::string wrong = WrongEndAfterReply(timeline(), End(run), run);
    if (!wrong.empty()) Inconclusive(fmt::format("{}: see RAW-04", wrong));
  }
  const std::string plain = Output(0), marked = Output(1);
  const std::string sent =
      fmt::format("the host has sent {} and {}, which is {} and {}", kReceiveTime, kTransmitTime,
                  ClockTime(kReceiveTime), ClockTime(kTransmitTime));
  EXPECT_FALSE(StatesSwapped(plain, kReceiveTime) || StatesSwapped(plain, kTransmitTime))
      << "prints times in the byte order of this machine: " << Quote(plain) << "; " << sent;
  if (HasFailure()) return;
  if (!States(plain, kReceiveTime) && !States(plain, kTransmitTime)) {
    NotApplicable("the times of the reply cannot be read in what it prints");
  }
  if (HoldsNumber(marked, kReceiveTime | kNonStandard)) return;
  const bool as_ordinary = ShapesIn(marked) == ShapesIn(plain) ||
                           marked.find(ClockTime(kReceiveTime | kNonStandard)) != std::string::npos;
  EXPECT_FALSE(as_ordinary) << fmt::format(
      "prints {} for the times {} and {}, whose highest bit says that they are no times of day",
      Quote(marked), kReceiveTime | kNonStandard, kTransmitTime | kNonStandard);
}

}  // namespace
}  // namespace sockspec
