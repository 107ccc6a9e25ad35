// Sending: write(2), XSH send(), XSH 2.10.14 (SIGPIPE).
#include <fmt/format.h>

#include <algorithm>

#include "harness/base/error.h"
#include "harness/base/text.h"
#include "harness/testbed/datetime.h"
#include "suites/server/chargen_pattern.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

Fault ShortSend(int nth, int length) {
  return {.call = CallClass::kSend,
          .role = SocketRole::kConnection,
          .first = nth,
          .action = FaultAction::kShorten,
          .length = length};
}

constexpr const char* kShortOnce = "a send of 1 byte";
constexpr const char* kShortTwice = "sends of 1 and of 3 bytes";
constexpr const char* kInterrupted = "EINTR in a send";
constexpr const char* kBusy = "EAGAIN in a send";
constexpr const char* kInterruptedClose = "EINTR after a close";

SCENARIO(InterruptedTransfers, kServer, kStreams,
         "the n-th send to a client is cut to 1 byte; to 1 and the next one to 3 bytes; fails with "
         "EINTR; with EAGAIN where it may; then the n-th close reports EINTR",
         .signal_actions = true, .sweep = kMostSends) {
  Start();
  std::string ordinary;
  for (int i = 0; i < kOrdinary; ++i) ordinary = Exchange().received();
  const int n = SweepStep();
  if (n == kEnoughSends && definition().Endless()) EndSweep();
  // False where the program can not be had any more.
  const auto part = [&](std::string_view name, const std::vector<Fault>& faults) {
    Step(PartStep(name));
    Settle();  // or a fault would hit what is left to do for the client before
    for (const Fault& fault : faults) Arm(fault);
    const bool alike = Exchange().received().size() == ordinary.size();
    Settle();
    DisarmFaults();
    // One that is unable to go on would spoil the next part.
    return alike || Relaunch();
  };
  const Fault close{.call = CallClass::kClose,
                    .role = SocketRole::kConnection,
                    .first = n,
                    .action = FaultAction::kAfter,
                    .error = EINTR};
  if (!part(kShortOnce, {ShortSend(n, 1)})) return;
  if (!part(kShortTwice, {ShortSend(n, 1), ShortSend(n + 1, 3)})) return;
  if (!part(kInterrupted, {SendFault(n, EINTR)})) return;
  if (!part(kBusy, {SendFault(n, EAGAIN)})) return;
  Step(PartStep(kInterruptedClose));
  Settle();
  Arm(close);
  Exchange();
  Settle();
  DisarmFaults();
  Exchange();
}

// WR-01: a short write is completed.
CHECK(InterruptedTransfers, "WR-01") {
  std::vector<Part> parts;
  for (const char* name : {kShortOnce, kShortTwice}) {
    if (auto part = FaultedPart(timeline(), name, 1)) parts.push_back(std::move(*part));
  }
  CallIndices("accept*");
  if (parts.empty()) NotReached("no send to a connection could be shortened");
  bool non_blocking = false, edge_triggered = false;
  for (const Part& part : parts) {
    Examine(part.faults);
    for (const int index : part.faults) {
      non_blocking = non_blocking || CallAt(index).non_blocking;
      edge_triggered = edge_triggered || CallAt(index).edge_triggered;
    }
  }
  LevelHoldsIf(non_blocking || EintrCanHappen("write*") || EintrCanHappen("send*"),
               "its connections block and nothing interrupts it: a short line never is cut");
  const ReplyModel model = OrdinaryReply();
  for (const Part& part : parts) {
    const Conversation& conversation = part.conversations.front();
    Examine(conversation.events);
    if (edge_triggered && !model.Fits(conversation)) {
      Inconclusive("its connections are watched edge-triggered, where a shortened send lies (F2)");
    }
    EXPECT_THAT(conversation, ReceivedReplyLike(model));
    if (subject().definition.Endless() && KeepsPattern(model.ordinary())) {
      EXPECT_TRUE(KeepsPattern(conversation.received))
          << "leaves a gap in its pattern where a send was cut short";
    }
  }
}

// WR-02: EINTR from a send is retried without loss or duplication.
CHECK(InterruptedTransfers, "WR-02") {
  const std::optional<Part> part = FaultedPart(timeline(), kInterrupted, 1);
  CallIndices("accept*");
  if (!part.has_value()) NotReached(kNoSend);
  Examine(part->faults);
  Examine(part->conversations.front().events);
  LevelHoldsIf(EintrCanHappen("write*") || EintrCanHappen("send*"),
               "no handler without SA_RESTART is installed, so that no send can be interrupted");
  EXPECT_THAT(part->conversations.front(), ReceivedReplyLike(OrdinaryReply()));
}

// WR-03: where a send finds no room, the rest is sent later.
CHECK(InterruptedTransfers, "WR-03") {
  bool non_blocking = false;
  for (const Call& call : Calls("*", SocketRole::kConnection)) {
    if (!IsSend(call)) continue;
    non_blocking = non_blocking || call.non_blocking;
    if (call.edge_triggered) NotApplicable("its connections are watched edge-triggered (rule F2)");
  }
  if (!non_blocking) NotApplicable("its connections block");
  const std::optional<Part> part = FaultedPart(timeline(), kBusy, 1);
  if (!part.has_value()) NotReached(kNoSend);
  Examine(part->faults);
  Examine(part->conversations.front().events);
  EXPECT_THAT(part->conversations.front(), ReceivedReplyLike(OrdinaryReply()));
}

// Where the message ends although more bytes follow: a NUL, what is no text after the last line
// end, or any text after the end of a line that has said the date. npos where it ends as it should.
std::size_t EndOfMessage(std::string_view service, std::string_view reply) {
  const std::size_t nul = reply.find('\0');
  if (nul != std::string_view::npos) return nul;
  const std::size_t line_end = reply.rfind('\n');
  if (line_end == std::string_view::npos) return line_end;
  const std::string_view rest = reply.substr(line_end + 1);
  if (rest.find_first_not_of("\r\t ") == std::string_view::npos) return std::string_view::npos;
  const bool text = std::all_of(rest.begin(), rest.end(), [](unsigned char byte) {
    return (byte >= 0x20 && byte < 0x7f) || byte == '\r' || byte == '\t';
  });
  const bool said = service == "daytime" && !ReadStatedTime(reply.substr(0, line_end)).empty();
  return text && !said ? std::string_view::npos : line_end + 1;
}

bool IsText(std::string_view service) { return service == "daytime" || service == "qotd"; }

// WR-06: no string terminator or padding is sent.
CHECK(Exchanges, "WR-06") {
  int judged = 0;
  for (const Conversation& conversation : AllConversations()) {
    if (conversation.received.empty()) continue;
    ++judged;
    if (!IsText(subject().service)) {  // echo
      const std::size_t sent = conversation.sent.size();
      EXPECT_TRUE(conversation.received.size() <= sent)
          << fmt::format("sends {} bytes more than came", conversation.received.size() - sent);
      continue;
    }
    const std::size_t nul = conversation.received.find('\0');
    EXPECT_TRUE(nul == std::string::npos) << fmt::format(
        "sends a NUL byte after {} bytes of text: {}", nul, Quote(conversation.received));
  }
  if (judged == 0) Inconclusive("no client got a reply");
}

// WR-08: no byte of memory beyond the message is sent.
CHECK(Exchanges, "WR-08") {
  if (!IsText(subject().service)) NotApplicable("its messages are no text");
  int judged = 0;
  for (const Conversation& conversation : AllConversations()) {
    if (conversation.received.empty() || conversation.endless) continue;
    ++judged;
    const std::size_t end = EndOfMessage(subject().service, conversation.received);
    EXPECT_TRUE(end == std::string::npos || end + 1 == conversation.received.size())
        << fmt::format("sends {} bytes of its memory beyond the message: {}",
                       conversation.received.size() - end, Quote(conversation.received));
  }
  if (judged == 0) Inconclusive("no client got a reply");
}

// CLS-14: a close() that reports EINTR is not repeated.
CHECK(InterruptedTransfers, "CLS-14") {
  int interrupted = -1;
  for (const int index : CallIndices("close")) {
    if (CallAt(index).injected && interrupted < 0) interrupted = index;
  }
  if (interrupted < 0) NotReached("no close() of a connection was seen");
  const int fd = CallAt(interrupted).fd, thread = timeline()[interrupted].thread;
  const std::vector<int> rests = timeline().OfKind(EventKind::kSettled);
  const auto rested = [&](int now) {
    return std::any_of(rests.begin(), rests.end(),
                       [&](int index) { return interrupted < index && index < now; });
  };
  for (const int index : SelectCalls(timeline(), [](const Call&) { return true; })) {
    const Event& event = timeline()[index];
    if (index <= interrupted || event.thread != thread) continue;
    if (event.call->result == fd && event.call->error == 0 &&
        (IsAccept(*event.call) || event.call->name == "socket")) {
      return;  // the number has a new owner
    }
    if (event.call->fd != fd) continue;
    // Another thread may have got the number anew, and handed it to this one: it is used again, or
    // the program has rested in between. Who repeats does so at once.
    if (event.call->name != "close" || rested(index)) return;
    Examine(index);
    EXPECT_TRUE(event.call->error == EBADF) << fmt::format(
        "closes descriptor {} again after close() reported EINTR, and so closes "
        "what has taken its number",
        fd);
    if (event.call->error == EBADF) Note("repeats an interrupted close(), which does nothing here");
    return;
  }
}

}  // namespace
}  // namespace sockspec
