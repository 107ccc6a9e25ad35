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

Fault SendFault(int error) {
  return {.call = CallClass::kSend, .role = SocketRole::kConnection, .error = error};
}

Fault ShortSend(int nth, int length) {
  return {.call = CallClass::kSend,
          .role = SocketRole::kConnection,
          .first = nth,
          .action = FaultAction::kShorten,
          .length = length};
}

SCENARIO(InterruptedTransfers, kServer, kStreams,
         "the first send is cut to 1 byte; to 1 and then 3 bytes; fails with EINTR; with EAGAIN "
         "where it may; then a close reports EINTR") {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  // Settled in between, or a fault would hit what is left to do for the client before.
  const auto exchange_with = [this](const std::vector<Fault>& faults) {
    Settle();
    for (const Fault& fault : faults) Arm(fault);
    Exchange();
    Settle();
    DisarmFaults();
  };
  exchange_with({ShortSend(1, 1)});
  exchange_with({ShortSend(1, 1), ShortSend(2, 3)});
  exchange_with({SendFault(EINTR)});
  Fault no_room = SendFault(EAGAIN);
  no_room.non_blocking = true;
  exchange_with({no_room});
  exchange_with({{.call = CallClass::kClose,
                  .role = SocketRole::kConnection,
                  .action = FaultAction::kAfter,
                  .error = EINTR}});
  Exchange();
}

// The connections' numbers.
constexpr int kShortOnce = kOrdinary, kShortTwice = kOrdinary + 1, kInterrupted = kOrdinary + 2,
              kNoRoom = kOrdinary + 3;
constexpr int kFailing = kOrdinary;  // the first of them; an ordinary one after each

constexpr int kSendErrors[] = {EPIPE, ECONNRESET, ETIMEDOUT, ENOBUFS};

SCENARIO(FailingSends, kServer, kStreams,
         "the first send to a client fails with EPIPE, ECONNRESET, ETIMEDOUT, ENOBUFS, each time "
         "with an ordinary client after it") {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  Settle();
  TakeSnapshot("before");
  for (const int error : kSendErrors) {
    Arm(SendFault(error));
    Exchange();
    Settle();
    DisarmFaults();
    Exchange();
    Settle();
  }
  TakeSnapshot("after");
}

// The injected sends on that connection.
std::vector<int> InjectedSends(const Timeline& timeline, int connection) {
  return SelectCalls(timeline, [&](const Call& call) {
    return call.injected && IsSend(call) && call.connection == connection;
  });
}

// WR-01: a short write is completed.
CHECK(InterruptedTransfers, "WR-01") {
  std::vector<int> shortened;
  for (const int connection : {kShortOnce, kShortTwice}) {
    for (const int index : InjectedSends(timeline(), connection)) shortened.push_back(index);
  }
  CallIndices("accept*");
  Examine(shortened);
  if (shortened.empty()) Inconclusive("no send to a connection could be shortened");
  bool non_blocking = false, edge_triggered = false;
  for (const int index : shortened) {
    non_blocking = non_blocking || CallAt(index).non_blocking;
    edge_triggered = edge_triggered || CallAt(index).edge_triggered;
  }
  LevelHoldsIf(non_blocking || EintrCanHappen("write*") || EintrCanHappen("send*"),
               "its connections block and nothing interrupts it: a short line never is cut");
  const ReplyModel model = OrdinaryReply();
  for (const int connection : {kShortOnce, kShortTwice}) {
    const Conversation conversation = TheConversation(connection);
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
  const Conversation conversation = TheConversation(kInterrupted);
  CallIndices("accept*");
  const std::vector<int> interrupted = InjectedSends(timeline(), kInterrupted);
  if (interrupted.empty()) Inconclusive("no send to that client was seen");
  Examine(interrupted);
  LevelHoldsIf(EintrCanHappen("write*") || EintrCanHappen("send*"),
               "no handler without SA_RESTART is installed, so that no send can be interrupted");
  EXPECT_THAT(conversation, ReceivedReplyLike(OrdinaryReply()));
}

// WR-03: EAGAIN from a send is waited out.
CHECK(InterruptedTransfers, "WR-03") {
  const Conversation conversation = TheConversation(kNoRoom);
  const ReplyModel model = OrdinaryReply();
  bool edge_triggered = false;
  for (const Call& call : Calls("*", SocketRole::kConnection)) {
    edge_triggered = edge_triggered || (IsSend(call) && call.edge_triggered);
  }
  const std::vector<int> refused = InjectedSends(timeline(), kNoRoom);
  if (refused.empty()) {
    NotApplicable(edge_triggered ? "its connections are watched edge-triggered (rule F2)"
                                 : "its connections block");
  }
  Examine(refused);
  EXPECT_THAT(conversation, ReceivedReplyLike(model));
}

// WR-04: writing to a connection that its client has left does not stop the service.
CHECK(FailingSends, "WR-04") {
  const Conversation after = TheConversation(kFailing + 1);
  CallIndices("accept*");
  const std::vector<int> failed = InjectedSends(timeline(), kFailing);
  if (failed.empty()) Inconclusive("no send to that client was seen");
  Examine(failed);
  EXPECT_TRUE(OrdinaryReply().Fits(after))
      << "stops serving after a send has failed with EPIPE: " << InWords(after);
}

// WR-05: other send errors close that connection alone.
CHECK(FailingSends, "WR-05") {
  const ReplyModel model = OrdinaryReply();
  CallIndices("accept*");
  int judged = 0;
  for (int i = 1; i < 4; ++i) {  // EPIPE, the first of them, is WR-04's
    const std::vector<int> failed = InjectedSends(timeline(), kFailing + 2 * i);
    if (failed.empty()) continue;
    ++judged;
    Examine(failed);
    const Conversation after = TheConversation(kFailing + 1 + 2 * i);
    EXPECT_TRUE(model.Fits(after))
        << fmt::format("stops serving after a send has failed with {}: {}",
                       ErrnoName(kSendErrors[i]), InWords(after));
  }
  if (judged == 0) Inconclusive("no send with such an error was seen");
  const Snapshot before = SnapshotAt("before"), after = SnapshotAt("after");
  // More processes have more descriptors, whatever they are.
  const bool leaks = before.descriptors >= 0 && after.processes <= before.processes &&
                     after.descriptors - before.descriptors >= 3;
  EXPECT_FALSE(leaks) << fmt::format(
      "keeps the descriptors of failed connections: {} before, {} after {} failed sends",
      before.descriptors, after.descriptors, judged + 1);
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
    if (conversation.received.empty()) continue;
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
  if (interrupted < 0) Inconclusive("no close() of a connection was seen");
  const int fd = CallAt(interrupted).fd, thread = timeline()[interrupted].thread;
  for (const int index : SelectCalls(timeline(), [](const Call&) { return true; })) {
    const Event& event = timeline()[index];
    if (index <= interrupted || event.thread != thread) continue;
    if (event.call->result == fd && event.call->error == 0 &&
        (IsAccept(*event.call) || event.call->name == "socket")) {
      return;  // the number has a new owner
    }
    if (event.call->name != "close" || event.call->fd != fd) continue;
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
