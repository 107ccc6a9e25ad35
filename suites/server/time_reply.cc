// Time, RFC 868: the 32-bit number and the end after it.
#include <fmt/format.h>

#include <cstdint>

#include "harness/base/text.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

constexpr std::size_t kBytes = 4;
// 1970-01-01 in seconds since 1900-01-01 (RFC 868, "The Time").
constexpr std::uint32_t kUnixEpoch = 2208988800;

// TIM-01: exactly 4 bytes.
CHECK(Exchanges, "TIM-01") {
  int judged = 0;
  for (const Conversation& conversation : AllConversations()) {
    if (conversation.received.empty()) continue;
    ++judged;
    EXPECT_TRUE(conversation.received.size() == kBytes)
        << fmt::format("sends {} bytes, not {}: {}", conversation.received.size(), kBytes,
                       Quote(conversation.received));
  }
  if (judged == 0) Inconclusive("no client got a reply");
}

// TIM-02: seconds since 1900, most significant byte first.
CHECK(Exchanges, "TIM-02") {
  constexpr double kTolerance = 2;
  int judged = 0;
  for (const Conversation& conversation : AllConversations()) {
    if (conversation.received.size() != kBytes) continue;
    const double asked = WallClockAt(timeline(), conversation.events.front());
    const double answered = WallClockAt(timeline(), conversation.events.back());
    if (asked == 0) Inconclusive("the record lacks the wall clock");
    ++judged;
    std::uint32_t value = 0;
    for (const unsigned char byte : conversation.received) value = value << 8 | byte;
    // Modulo 2^32, so that it holds past 2036 (contested.md X-22).
    const auto earliest = static_cast<std::uint32_t>(asked - kTolerance) + kUnixEpoch;
    const auto length = static_cast<std::uint32_t>(answered - asked + 2 * kTolerance) + 1;
    EXPECT_TRUE(value - earliest <= length) << fmt::format(
        "sends {}, where the seconds since 1900 are about {}: {}", value,
        static_cast<std::uint32_t>(asked) + kUnixEpoch, Quote(conversation.received));
  }
  if (judged == 0) Inconclusive("no reply had 4 bytes; see TIM-01");
}

// TIM-03: it closes after the value, before or after the client does.
CHECK(Exchanges, "TIM-03") {
  int judged = 0;
  for (const Conversation& conversation : AllConversations()) {
    if (conversation.received.empty()) continue;
    ++judged;
    if (ProgramEnded(conversation)) continue;
    for (const SocketRow& row : OwnConnections(SnapshotAt("after exchanges"))) {
      EXPECT_TRUE(row.remote != conversation.local_address)
          << "keeps the connection after it has sent its value and the client has closed: "
          << Listing({row});
    }
  }
  if (judged == 0) Inconclusive("no client got a reply");
}

}  // namespace
}  // namespace sockspec
