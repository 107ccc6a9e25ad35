// Daytime, RFC 867: what the message says.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/base/text.h"
#include "harness/testbed/datetime.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

constexpr int kClockStep = 3600;

SCENARIO(ClockMovesOn, kServer, kAllTransports, "the clock moves on by an hour between two clients",
         .own_clock = true, .services = {"daytime"}) {
  Start();
  Exchange();
  Settle();
  MoveClock(kClockStep);
  Exchange();
}

// The replies that clients got.
std::vector<Conversation> WithReply(const std::vector<Conversation>& all) {
  std::vector<Conversation> answered;
  for (const Conversation& conversation : all) {
    if (!conversation.received.empty()) answered.push_back(conversation);
  }
  return answered;
}

// DAY-01: printable ASCII, space, CR and LF alone.
CHECK(Exchanges, "DAY-01") {
  const std::vector<Conversation> answered = WithReply(AllConversations());
  if (answered.empty()) Inconclusive("no client got a reply");
  for (const Conversation& conversation : answered) {
    const std::string& reply = conversation.received;
    const auto odd = std::find_if(reply.begin(), reply.end(), [](unsigned char byte) {
      return (byte < 0x20 || byte > 0x7e) && byte != '\r' && byte != '\n';
    });
    EXPECT_TRUE(odd == reply.end())
        << fmt::format("sends byte 0x{:02x}, which is no printable ASCII: {}",
                       odd == reply.end() ? 0 : static_cast<unsigned char>(*odd), Quote(reply));
  }
}

// DAY-02: one line.
CHECK(Exchanges, "DAY-02") {
  const std::vector<Conversation>& all = AllConversations();
  if (all.empty() || !all.front().connected) Inconclusive("no client was served");
  for (const Conversation& conversation : all) {
    if (!conversation.connected) continue;
    if (conversation.by_datagrams && conversation.DatagramsReceived().empty()) continue;
    std::string_view line = conversation.received;
    if (line.starts_with('\n')) {
      line.remove_prefix(1);
      Note("the line comes after a line end");
    }
    if (line.ends_with('\r')) line.remove_suffix(1);  // "\n\r", as some wrote it
    if (line.ends_with('\n')) {
      line.remove_suffix(1);
    } else if (!line.empty()) {
      Note("the line has no end");
    }
    EXPECT_TRUE(!line.empty() && line != "\r") << "sends an empty message";
    EXPECT_TRUE(line.find('\n') == std::string_view::npos)
        << "sends more than one line: " << Quote(conversation.received);
  }
}

// DAY-03: the current date and time.
CHECK(Exchanges, "DAY-03") {
  constexpr double kTolerance = 2;
  int judged = 0;
  for (const Conversation& conversation : AllConversations()) {
    const std::vector<StatedTime> readings = ReadStatedTime(conversation.received);
    if (readings.empty()) continue;
    const double asked = WallClockAt(timeline(), conversation.events.front());
    const double answered = WallClockAt(timeline(), conversation.events.back());
    if (asked == 0) Inconclusive("the record lacks the wall clock");
    ++judged;
    const bool right = std::any_of(readings.begin(), readings.end(), [&](const StatedTime& stated) {
      return IsBetween(stated, asked - kTolerance, answered + kTolerance);
    });
    EXPECT_TRUE(right) << fmt::format(
        "states {}, which is not the current date and time in any zone ({:.0f} s since 1970)",
        Quote(conversation.received), asked);
  }
  if (judged == 0) Inconclusive("the format of its date is not understood");
}

// DAY-04: the time is computed for each request.
CHECK(ClockMovesOn, "DAY-04") {
  const Conversation before = TheConversation(0), after = TheConversation(1);
  const std::vector<int> moves = timeline().Find([](const Event& event) {
    return event.kind == EventKind::kFault && event.text.find("clock") != std::string::npos;
  });
  if (moves.empty()) Inconclusive("its clock could not be moved");
  Examine(moves);
  const std::vector<StatedTime> first = ReadStatedTime(before.received);
  const std::vector<StatedTime> second = ReadStatedTime(after.received);
  if (first.empty() || second.empty()) Inconclusive("the format of its date is not understood");
  constexpr std::int64_t kTolerance = 120;  // texts without seconds
  bool moved = false;
  for (const StatedTime& one : first) {
    for (const StatedTime& other : second) {
      moved = moved || std::abs(other.seconds - one.seconds - kClockStep) <= kTolerance;
    }
  }
  EXPECT_TRUE(moved) << fmt::format(
      "does not compute the time for each request: it states {}, and {} after its clock has moved "
      "on by an hour",
      Quote(before.received), Quote(after.received));
}

}  // namespace
}  // namespace sockspec
