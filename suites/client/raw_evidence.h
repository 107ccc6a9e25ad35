// What the suites of raw sockets share: the replies of the harness's host, and questions on what
// became of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/base/raw_packet.h"
#include "harness/testbed/check.h"
#include "harness/testbed/scenario.h"

namespace sockspec {

// The services that are asked, unlike igmp.
inline const std::vector<std::string> kAskedServices = {"icmp-echo", "icmp-timestamp"};

// --- packets ------------------------------------------------------------------------------------
// Milliseconds since midnight: 12:34:56.789 and 12:34:56.801.
inline constexpr std::uint32_t kReceiveTime = 45'296'789;
inline constexpr std::uint32_t kTransmitTime = 45'296'801;

bool IsTimestampRequest(const RawPacket& request);
// The host's packet back to who has asked, without a message.
RawPacket Answer(const RawPacket& request);
// What a host that conforms replies: an echo's data as they came, a timestamp's with these times.
// Whatever was asked in a malformed way is answered as if it were right, as far as it goes.
RawPacket ReplyTo(const RawPacket& request, std::uint32_t receive = kReceiveTime,
                  std::uint32_t transmit = kTransmitTime);
inline RawPacket OrdinaryReply(const RawPacket& request) { return ReplyTo(request); }
// The same with another value in a field of 16 bits, and the checksum that goes with it.
RawPacket WithField(RawPacket packet, std::size_t offset, std::uint16_t value);

// --- what happened ------------------------------------------------------------------------------
// What the program sent to the host in that run, in order, with its place on the timeline.
struct SentRequest {
  RawPacket packet;
  int event = -1;
};
std::vector<SentRequest> RequestsOf(const Timeline& timeline, int run = 0);

// The packets of the host in a run, in order.
struct RawReplies {
  int run = 0;
  std::vector<int> events;
  std::size_t right = 0;         // which of them is the first reply (kTheReply); their number: none
  bool succeeded_early = false;  // it ended with status 0 before any of them was sent
  std::string undecided;         // why they show nothing
};
RawReplies RepliesIn(const Timeline& timeline, int run = 0);

// A line with its numbers blotted out: those that say the same of different packets are equal.
std::string ShapeOf(std::string_view line);
std::vector<std::string> ShapesIn(std::string_view text);

// What is wrong where the reply has come: it hangs, is killed, or has another status than 0. One
// that had to be interrupted goes on by design.
std::string WrongEndAfterReply(const Timeline& timeline, const ProgramEnd& end, int run = 0);
// What is wrong where the reply came after packets that are none: one of those was taken for it, or
// the reply was not. Empty: nothing, or undecided. Run 0, in which the reply comes alone, shows
// what is printed of one.
std::string WrongChoice(const Timeline& timeline, const RawReplies& replies, const ProgramEnd& end);

}  // namespace sockspec
