// Clients over raw sockets, and their requests: raw(7), RFC 792, RFC 4443 s.4.1.
#include <fmt/format.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include "harness/base/text.h"
#include "suites/client/client_evidence.h"
#include "suites/client/raw_evidence.h"

namespace sockspec {
namespace {

SCENARIO(RawExchange, kClient, kRaw, "the host that is asked replies", .services = kAskedServices) {
  Listen();
  Launch();
  ReplyToAll(OrdinaryReply);
  WaitForExit();
}

SCENARIO(RawSilence, kClient, kRaw, "the host that is asked never replies",
         .services = kAskedServices) {
  Listen();
  Launch();
  for (int i = 0; i < kEndless && AwaitPacket().has_value();) ++i;
  if (Running()) SettleInWait();
}

SCENARIO(RawNoRight, kClient, kRaw,
         "launched as ever, and in a second run without the right to open raw sockets",
         .services = kAskedServices) {
  Listen();
  for (const bool without : {false, true}) {
    Launch({.without_raw_sockets = without});
    ReplyToAll(OrdinaryReply);
    WaitForExit();
    if (Running()) Kill();
  }
}

// What is wrong with the first bytes of a request; empty: nothing.
std::string WrongRequest(const RawPacket& request, int type) {
  const std::string& message = request.message;
  if (message.size() < kIcmpData) {
    return fmt::format("sends a message of {} bytes, where the header alone has {}", message.size(),
                       kIcmpData);
  }
  if (ByteAt(message, 0) != type) {
    return fmt::format("sends a message of type {}, not {}", ByteAt(message, 0), type);
  }
  if (ByteAt(message, 1) != 0) {
    return fmt::format("sends a request with code {}, not 0", ByteAt(message, 1));
  }
  if (!HasRightChecksum(request)) {
    RawPacket right = request;
    SetChecksum(&right);
    return fmt::format("sends a request with the checksum {:#06x}, where {:#06x} is right",
                       Number16At(message, kIcmpChecksum),
                       Number16At(right.message, kIcmpChecksum));
  }
  return "";
}

std::string NoRequest(const Subject& subject, const Timeline& timeline, const ProgramEnd& end) {
  return fmt::format("sends nothing to {}{}", subject.address,
                     end.exited ? "" : "; it " + WhyNotEnded(timeline));
}

// RAW-02: a timestamp request is well-formed.
CHECK(RawExchange, "RAW-02") {
  constexpr std::size_t kSize = 20;
  const std::vector<SentRequest> requests = RequestsOf(timeline());
  if (requests.empty()) ADD_FAILURE() << NoRequest(subject(), timeline(), End());
  for (const SentRequest& request : requests) {
    Examine(request.event);
    const std::string wrong = WrongRequest(request.packet, ICMP_TIMESTAMP);
    EXPECT_TRUE(wrong.empty()) << wrong;
    EXPECT_EQ(request.packet.message.size(), kSize) << fmt::format(
        "sends a timestamp request of {} bytes, not {}", request.packet.message.size(), kSize);
  }
}

// RAW-03: an echo request is well-formed.
CHECK(RawExchange, "RAW-03") {
  const std::vector<SentRequest> requests = RequestsOf(timeline());
  if (requests.empty()) ADD_FAILURE() << NoRequest(subject(), timeline(), End());
  const int type = transport() == Transport::kIcmp6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
  for (const SentRequest& request : requests) {
    Examine(request.event);
    const std::string wrong = WrongRequest(request.packet, type);
    EXPECT_TRUE(wrong.empty()) << wrong;
  }
}

// RAW-04: the right reply is accepted.
CHECK(RawExchange, "RAW-04") {
  const RawReplies replies = RepliesIn(timeline());
  Examine(replies.events);
  if (replies.events.empty()) Inconclusive(replies.undecided);
  const std::string wrong = WrongEndAfterReply(timeline(), End());
  EXPECT_TRUE(wrong.empty()) << wrong << ", though the host has replied";
}

// RAW-09: without a reply the wait ends, and the client says so.
CHECK(RawSilence, "RAW-09") {
  const std::vector<SentRequest> requests = RequestsOf(timeline());
  for (const SentRequest& request : requests) Examine(request.event);
  if (requests.empty()) Inconclusive("it sent no request that could stay unanswered");
  if (requests.size() >= kEndless) {
    ADD_FAILURE() << fmt::format("asks {} times and goes on, when nobody replies", requests.size());
    return;
  }
  const std::string wrong = WrongFailure(timeline(), End());
  EXPECT_TRUE(wrong.empty()) << wrong << ", when nobody replies";
  EXPECT_FALSE(Output().empty() && ErrorOutput().empty()) << "says nothing when nobody replies";
}

// RAW-01: without the right to open raw sockets it says so and fails.
CHECK(RawNoRight, "RAW-01") {
  if (RequestsOf(timeline(), 0).empty()) {
    Inconclusive("it sends no request with the right to open raw sockets either");
  }
  const ProgramEnd end = End(1);
  for (const SentRequest& request : RequestsOf(timeline(), 1)) Examine(request.event);
  if (!RequestsOf(timeline(), 1).empty() && end.exited && end.status == 0) {
    Note("it needs no raw socket: a datagram socket for ICMP was allowed");
    return;
  }
  const std::string wrong = WrongFailure(timeline(), end, 1);
  EXPECT_TRUE(wrong.empty()) << wrong << " without the right to open raw sockets";
  EXPECT_TRUE(!ErrorOutput(1).empty())
      << "says nothing on standard error without the right to open raw sockets";
}

}  // namespace
}  // namespace sockspec
