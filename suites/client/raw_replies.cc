// What a client over raw sockets takes for the reply: raw(7), RFC 792, RFC 4443 s.4.2.
#include <fmt/format.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include <string>
#include <vector>

#include "harness/base/text.h"
#include "suites/client/client_evidence.h"
#include "suites/client/raw_evidence.h"

namespace sockspec {
namespace {

// "Port unreachable" for a datagram of somebody else.
RawPacket ForeignError(const RawPacket& request) {
  RawPacket error = Answer(request);
  const bool v4 = request.family == AF_INET;
  const RawPacket datagram{.family = request.family,
                           .protocol = IPPROTO_UDP,
                           .source = request.source,
                           .destination = request.destination,
                           .message = std::string("\x9c\x40\x82\x35\x00\x08\x00\x00", 8)};
  error.message.resize(kIcmpData);
  error.message[0] = static_cast<char>(v4 ? int{ICMP_DEST_UNREACH} : int{ICMP6_DST_UNREACH});
  error.message[1] = static_cast<char>(v4 ? int{ICMP_PORT_UNREACH} : int{ICMP6_DST_UNREACH_NOPORT});
  error.message += EncodePacket(datagram);
  SetChecksum(&error);
  return error;
}

// A packet that is no reply to the request, and what it is.
struct Uninvited {
  RawPacket packet;
  std::string what;
};

// To somebody else's request, and to one that was never sent.
std::vector<Uninvited> ForeignReplies(const RawPacket& request) {
  constexpr std::uint16_t kIdentifierBits = 0x5a5a, kSequenceBits = 0x2d00;
  const RawPacket reply = ReplyTo(request);
  const auto changed = [&](std::size_t offset, std::uint16_t bits) {
    const std::uint16_t value = Number16At(reply.message, offset);
    return WithField(reply, offset, static_cast<std::uint16_t>(value ^ bits));
  };
  return {{changed(kIcmpIdentifier, kIdentifierBits), "a reply with a foreign identifier"},
          {changed(kIcmpSequence, kSequenceBits), "a reply with a sequence number never sent"}};
}

std::vector<Uninvited> OtherTypes(const RawPacket& request) {
  constexpr int kExperimental = 200;  // RFC 4443 s.2.1: for private experiments
  RawPacket own = Answer(request), other = ReplyTo(request);
  own.type_of_service = kUnanswerable;
  own.message = request.message;
  const int timestamp_or_echo =
      IsTimestampRequest(request) ? int{ICMP_ECHOREPLY} : int{ICMP_TIMESTAMPREPLY};
  other.message[0] =
      static_cast<char>(request.family == AF_INET ? timestamp_or_echo : kExperimental);
  SetChecksum(&other);
  return {{own, "its own request, as one that asks its own host does"},
          {ForeignError(request), "an error for another flow"},
          {other, "another type with its identifier and sequence number"}};
}

std::vector<Uninvited> BadPackets(const RawPacket& request) {
  const RawPacket reply = ReplyTo(request);
  // An echo reply may be of any length, if it has the sequence number.
  const std::vector<std::size_t> sizes = IsTimestampRequest(request)
                                             ? std::vector<std::size_t>{8, 12, 19}
                                             : std::vector<std::size_t>{4, 7};
  std::vector<Uninvited> packets;
  for (const std::size_t size : sizes) {
    RawPacket cut = reply;
    cut.message.resize(size);
    SetChecksum(&cut);
    packets.push_back({cut, fmt::format("the reply cut to {} bytes", size)});
  }
  RawPacket damaged = reply;
  damaged.message[kIcmpChecksum] = static_cast<char>(damaged.message[kIcmpChecksum] ^ 0x10);
  packets.push_back({damaged, "the reply with a wrong checksum"});
  return packets;
}

using MakeUninvited = std::vector<Uninvited> (*)(const RawPacket&);

std::vector<Uninvited> NoPackets(const RawPacket&) { return {}; }

// The runs of the scenario.
constexpr MakeUninvited kRuns[] = {NoPackets, ForeignReplies, OtherTypes, BadPackets};
constexpr int kForeignRun = 1, kTypesRun = 2, kBadRun = 3;

SCENARIO(RawUninvited, kClient, kRaw,
         "the host replies; in further runs others' replies come first, or other types, or damaged "
         "packets: each when the program sleeps",
         .services = kAskedServices) {
  Listen();
  for (const MakeUninvited make : kRuns) {
    Launch();
    if (const std::optional<RawPacket> request = AwaitPacket()) {
      for (const Uninvited& uninvited : make(*request)) {
        SettleInWait();
        SendPacket(uninvited.packet, uninvited.what);
      }
      SettleInWait();
      SendPacket(ReplyTo(*request), kTheReply);
    }
    ReplyToAll(OrdinaryReply);
    WaitForExit();
    if (Running()) Kill();
  }
}

SCENARIO(RawHeaderOptions, kClient, {Transport::kIcmp4},
         "the reply's IP header has options, so that it is 24 bytes long",
         .services = kAskedServices) {
  Listen();
  Launch();
  ReplyToAll([](const RawPacket& request) {
    RawPacket reply = ReplyTo(request);
    reply.options = std::string("\x01\x01\x01\x00", 4);  // three that do nothing, and the end
    return reply;
  });
  WaitForExit();
}

// RAW-04: a reply to somebody else, or to a request never sent, is none.
CHECK(RawUninvited, "RAW-04") {
  const RawReplies replies = RepliesIn(timeline(), kForeignRun);
  Examine(replies.events);
  const std::string wrong = WrongChoice(timeline(), replies, End(kForeignRun));
  EXPECT_TRUE(wrong.empty()) << wrong;
  if (wrong.empty() && !replies.undecided.empty()) Inconclusive(replies.undecided);
}

// RAW-05: nor is a message of another type.
CHECK(RawUninvited, "RAW-05") {
  const RawReplies replies = RepliesIn(timeline(), kTypesRun);
  Examine(replies.events);
  const ProgramEnd end = End(kTypesRun);
  EXPECT_FALSE(replies.succeeded_early)
      << "ends with status 0 when nobody has replied: nothing but its own request can have come";
  if (replies.succeeded_early) return;
  const std::string wrong = WrongChoice(timeline(), replies, end);
  EXPECT_TRUE(wrong.empty()) << wrong;
  if (wrong.empty() && !replies.undecided.empty()) Inconclusive(replies.undecided);
}

// RAW-07: nor what is cut short or damaged; and no crash.
CHECK(RawUninvited, "RAW-07") {
  const RawReplies replies = RepliesIn(timeline(), kBadRun);
  Examine(replies.events);
  const std::string wrong = WrongChoice(timeline(), replies, End(kBadRun));
  EXPECT_TRUE(wrong.empty()) << wrong;
  if (wrong.empty() && !replies.undecided.empty()) Inconclusive(replies.undecided);
}

// RAW-06: the message begins where the IP header ends.
CHECK(RawHeaderOptions, "RAW-06") {
  const RawReplies replies = RepliesIn(timeline());
  Examine(replies.events);
  if (!replies.undecided.empty()) Inconclusive(replies.undecided);
  const std::string wrong = WrongEndAfterReply(timeline(), End());
  EXPECT_TRUE(wrong.empty()) << wrong
                             << ", though the host has replied: the IP header of the "
                                "reply has options, and so 24 bytes";
}

}  // namespace
}  // namespace sockspec
