// What the suites of raw sockets share: the replies of the harness's host, and questions on what
// became of them.
#include "suites/client/raw_evidence.h"

#include <fmt/format.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include <algorithm>
#include <cctype>
#include <csignal>

#include "harness/base/error.h"
#include "harness/base/text.h"
#include "suites/client/client_evidence.h"

namespace sockspec {
namespace {

// As from a host one hop away: so that the harness knows its own packets from the program's.
constexpr int kHops = 63;
constexpr std::size_t kTimestamps = 3 * sizeof(std::uint32_t);
constexpr std::size_t kReceiveAt = kIcmpData + 4;
constexpr std::size_t kTransmitAt = kIcmpData + 8;

std::vector<int> EventsOf(const Timeline& timeline, EventKind kind, int run) {
  return timeline.Find([&](const Event& event) { return event.kind == kind && event.run == run; });
}

// The exit of that run, where it came between two places.
const Event* ExitBetween(const Timeline& timeline, int run, int from, int to) {
  for (const int index : EventsOf(timeline, EventKind::kExited, run)) {
    if (index > from && (to < 0 || index < to)) return &timeline[static_cast<std::size_t>(index)];
  }
  return nullptr;
}

// How many of the host's packets in that run are replies.
std::ptrdiff_t CountReplies(const Timeline& timeline, int run) {
  return std::ranges::count_if(EventsOf(timeline, EventKind::kPacketSent, run), [&](int index) {
    return timeline[static_cast<std::size_t>(index)].text == kTheReply;
  });
}

// A line of which there are more in that run than in run 0, where no other packets came; "": none.
std::string LineTooMany(const Timeline& timeline, int run) {
  if (CountReplies(timeline, run) != CountReplies(timeline, 0)) return "";
  const std::vector<std::string> ordinary = ShapesIn(timeline.Output(0, 1));
  const std::string output = timeline.Output(run, 1);
  const std::vector<std::string> shapes = ShapesIn(output);
  for (const std::string_view line : Split(output, '\n')) {
    const std::string shape = ShapeOf(line);
    const auto usual = std::ranges::count(ordinary, shape);
    if (!line.empty() && usual > 0 && std::ranges::count(shapes, shape) > usual) {
      return std::string(line);
    }
  }
  return "";
}

}  // namespace

bool IsTimestampRequest(const RawPacket& request) {
  return request.protocol == IPPROTO_ICMP && ByteAt(request.message, 0) == ICMP_TIMESTAMP;
}

RawPacket Answer(const RawPacket& request) {
  return {.family = request.family,
          .protocol = request.protocol,
          .source = request.destination,
          .destination = request.source,
          .hops = kHops};
}

RawPacket ReplyTo(const RawPacket& request, std::uint32_t receive, std::uint32_t transmit) {
  RawPacket reply = Answer(request);
  reply.message = request.message;
  const bool timestamp = IsTimestampRequest(request);
  const std::size_t shortest = kIcmpData + (timestamp ? kTimestamps : 0);
  reply.message.resize(std::max(reply.message.size(), shortest));
  const int echo = request.protocol == IPPROTO_ICMPV6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY;
  reply.message[0] = static_cast<char>(timestamp ? ICMP_TIMESTAMPREPLY : echo);
  reply.message[1] = 0;
  if (timestamp) {
    PutNumber32(&reply.message, kReceiveAt, receive);
    PutNumber32(&reply.message, kTransmitAt, transmit);
  }
  SetChecksum(&reply);
  return reply;
}

RawPacket WithField(RawPacket packet, std::size_t offset, std::uint16_t value) {
  PutNumber16(&packet.message, offset, value);
  SetChecksum(&packet);
  return packet;
}

std::vector<SentRequest> RequestsOf(const Timeline& timeline, int run) {
  std::vector<SentRequest> requests;
  for (const int index : EventsOf(timeline, EventKind::kPacketReceived, run)) {
    const auto packet = DecodePacket(timeline[static_cast<std::size_t>(index)].bytes);
    if (packet) requests.push_back({*packet, index});
  }
  return requests;
}

RawReplies RepliesIn(const Timeline& timeline, int run) {
  RawReplies replies{.run = run, .events = EventsOf(timeline, EventKind::kPacketSent, run)};
  if (replies.events.empty()) {
    replies.undecided = "it sent no request that could be answered";
    return replies;
  }
  const auto right = std::ranges::find_if(replies.events, [&](int index) {
    return timeline[static_cast<std::size_t>(index)].text == kTheReply;
  });
  replies.right = static_cast<std::size_t>(right - replies.events.begin());
  if (right == replies.events.end()) replies.undecided = "the scenario ended before the reply";
  const int reply = right == replies.events.end() ? -1 : *right;
  const Event* early = ExitBetween(timeline, run, -1, reply);
  if (early != nullptr && early->signal == 0 && early->number != 0) {
    replies.undecided = "it gave up before the reply was sent: its time may have been over";
  }
  const Event* first = ExitBetween(timeline, run, -1, replies.events.front());
  if (first != nullptr && first->signal == 0 && first->number == 0) {
    replies.succeeded_early = true;
    replies.undecided = "it ended with status 0 before anything was sent to it; see RAW-05";
  }
  return replies;
}

std::string ShapeOf(std::string_view line) {
  std::string shape;
  for (const char c : line) {
    const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (digit && shape.ends_with('#')) continue;
    shape += digit ? '#' : c;
  }
  return shape;
}

std::vector<std::string> ShapesIn(std::string_view text) {
  std::vector<std::string> shapes;
  for (const std::string_view line : Split(text, '\n')) {
    if (!line.empty()) shapes.push_back(ShapeOf(line));
  }
  return shapes;
}

std::string WrongEndAfterReply(const Timeline& timeline, const ProgramEnd& end, int run) {
  if (WasInterrupted(timeline, run) && (end.exited || end.signal == SIGINT)) return "";
  return WrongSuccess(timeline, end, run);
}

std::string WrongChoice(const Timeline& timeline, const RawReplies& replies,
                        const ProgramEnd& end) {
  if (replies.events.empty()) return "";
  std::string before;  // the packets that came before the reply
  for (std::size_t i = 0; i < replies.right; ++i) {
    const int packet = replies.events[i];
    const std::string& what = timeline[static_cast<std::size_t>(packet)].text;
    before += (before.empty() ? "" : ", ") + what;
    const int next = i + 1 < replies.events.size() ? replies.events[i + 1] : -1;
    const Event* exit = ExitBetween(timeline, replies.run, packet, next);
    if (exit == nullptr) continue;
    if (exit->signal != 0)
      return fmt::format("is killed by {}, having got {}", SignalName(exit->signal), what);
    if (exit->number == 0) return fmt::format("takes {} for the reply, and ends", what);
  }
  if (!replies.undecided.empty()) return "";
  const std::string wrong = WrongEndAfterReply(timeline, end, replies.run);
  if (!wrong.empty()) return fmt::format("{}, though the reply came after {}", wrong, before);
  const std::string line = LineTooMany(timeline, replies.run);
  if (line.empty()) return "";
  return fmt::format("reports more replies than came, one of them as {}; before the reply came {}",
                     Quote(line), before);
}

}  // namespace sockspec
