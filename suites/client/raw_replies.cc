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

// What the client has asked, and what it asked in the first launch.
struct Asked {
  RawPacket request;
  RawPacket earlier;
};

// The reply to the first launch's request, with the numbers of this one's, some bits of them
// flipped. So its data differ where each launch has data of its own: who matches by them takes none
// either.
RawPacket EarlierReply(const Asked& asked, std::uint16_t identifier_bits,
                       std::uint16_t sequence_bits) {
  const std::string own = ReplyTo(asked.request).message;  // whole, where the request is not
  const auto changed = [&](std::size_t offset, std::uint16_t bits) {
    return static_cast<std::uint16_t>(Number16At(own, offset) ^ bits);
  };
  RawPacket reply = ReplyTo(asked.earlier);
  reply = WithField(std::move(reply), kIcmpIdentifier, changed(kIcmpIdentifier, identifier_bits));
  return WithField(std::move(reply), kIcmpSequence, changed(kIcmpSequence, sequence_bits));
}

std::vector<Uninvited> NoPackets(const Asked&) { return {}; }

std::vector<Uninvited> ForeignReplies(const Asked& asked) {
  return {{EarlierReply(asked, 0x5a5a, 0), "a reply with a foreign identifier"}};
}

std::vector<Uninvited> UnaskedReplies(const Asked& asked) {
  return {{EarlierReply(asked, 0, 0x2d00), "a reply with a sequence number never sent"}};
}

std::vector<Uninvited> OtherTypes(const Asked& asked) {
  const RawPacket& request = asked.request;
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

RawPacket CutTo(RawPacket packet, std::size_t size) {
  packet.message.resize(size);
  SetChecksum(&packet);
  return packet;
}

std::vector<Uninvited> MalformedPackets(const Asked& asked) {
  const RawPacket& request = asked.request;
  // An echo reply may be of any length, if it has the sequence number.
  const std::vector<std::size_t> sizes = IsTimestampRequest(request)
                                             ? std::vector<std::size_t>{8, 12, 19}
                                             : std::vector<std::size_t>{4, 7};
  std::vector<Uninvited> packets;
  for (const std::size_t size : sizes) {
    packets.push_back(
        {CutTo(ReplyTo(request), size), fmt::format("the reply cut to {} bytes", size)});
  }
  constexpr std::size_t kWithinHeader = 10;
  packets.push_back({CutTo(ForeignError(request), kIcmpData), "an error that quotes no packet"});
  packets.push_back({CutTo(ForeignError(request), kIcmpData + kWithinHeader),
                     "an error that quotes a part of an IP header"});
  return packets;
}

std::vector<Uninvited> DamagedReplies(const Asked& asked) {
  const RawPacket& request = asked.request;
  RawPacket damaged = ReplyTo(request);
  damaged.message[kIcmpChecksum] = static_cast<char>(damaged.message[kIcmpChecksum] ^ 0x10);
  return {{damaged, "the reply with a wrong checksum"}};
}

// What comes before the reply in each run of the scenario. The checksum of ICMPv6 is the kernel's
// affair: there the last run is left out.
using MakeUninvited = std::vector<Uninvited> (*)(const Asked&);
constexpr MakeUninvited kRuns[] = {NoPackets,  ForeignReplies,   UnaskedReplies,
                                   OtherTypes, MalformedPackets, DamagedReplies};
constexpr int kForeignRun = 1, kUnaskedRun = 2, kTypesRun = 3, kMalformedRun = 4, kDamagedRun = 5;

SCENARIO(RawUninvited, kClient, kRaw,
         "the host replies; in further runs other packets come first: others' replies, replies to "
         "what was not asked, other types, malformed ones, damaged ones; each when the program "
         "sleeps",
         .services = kAskedServices) {
  Listen();
  std::optional<RawPacket> first;
  for (const MakeUninvited make : kRuns) {
    if (make == DamagedReplies && transport() == Transport::kIcmp6) continue;
    Launch();
    if (const std::optional<RawPacket> request = AwaitPacket()) {
      if (!first) first = request;
      for (const Uninvited& uninvited : make({.request = *request, .earlier = *first})) {
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

// Which packet of a run the program took for the reply.
struct Choice {
  std::vector<int> events;  // the host's packets
  std::string wrong;        // what is wrong with it; empty: nothing, or undecided
  std::string undecided;
};

Choice ChoiceIn(const Timeline& timeline, int run, const ProgramEnd& end) {
  const RawReplies replies = RepliesIn(timeline, run);
  Choice choice{.events = replies.events, .wrong = WrongChoice(timeline, replies, end)};
  if (choice.wrong.empty()) choice.undecided = replies.undecided;
  return choice;
}

// RAW-04: a reply to somebody else is none.
CHECK(RawUninvited, "RAW-04") {
  const Choice choice = ChoiceIn(timeline(), kForeignRun, End(kForeignRun));
  Examine(choice.events);
  EXPECT_TRUE(choice.wrong.empty()) << choice.wrong;
  if (!choice.undecided.empty()) Inconclusive(choice.undecided);
}

// RAW-11: nor is one to a request never sent.
CHECK(RawUninvited, "RAW-11") {
  const Choice choice = ChoiceIn(timeline(), kUnaskedRun, End(kUnaskedRun));
  Examine(choice.events);
  EXPECT_TRUE(choice.wrong.empty()) << choice.wrong;
  if (!choice.undecided.empty()) Inconclusive(choice.undecided);
}

// RAW-05: nor a message of another type.
CHECK(RawUninvited, "RAW-05") {
  const bool early = RepliesIn(timeline(), kTypesRun).succeeded_early;
  EXPECT_FALSE(early)
      << "ends with status 0 when nobody has replied: nothing but its own request can have come";
  const Choice choice = ChoiceIn(timeline(), kTypesRun, End(kTypesRun));
  Examine(choice.events);
  if (early) return;
  EXPECT_TRUE(choice.wrong.empty()) << choice.wrong;
  if (!choice.undecided.empty()) Inconclusive(choice.undecided);
}

// RAW-07: nor what is malformed; and no crash.
CHECK(RawUninvited, "RAW-07") {
  const Choice choice = ChoiceIn(timeline(), kMalformedRun, End(kMalformedRun));
  Examine(choice.events);
  EXPECT_TRUE(choice.wrong.empty()) << choice.wrong;
  if (!choice.undecided.empty()) Inconclusive(choice.undecided);
}

// RAW-12: nor what is damaged.
CHECK(RawUninvited, "RAW-12") {
  const Choice choice = ChoiceIn(timeline(), kDamagedRun, End(kDamagedRun));
  Examine(choice.events);
  EXPECT_TRUE(choice.wrong.empty()) << choice.wrong;
  if (!choice.undecided.empty()) Inconclusive(choice.undecided);
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
