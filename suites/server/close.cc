// Closing: RFC 867 "closes the connection"; RFC 9293 3.6; RFC 2525 2.17; close(2).
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <map>

#include "harness/base/text.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

SCENARIO(
    AwkwardClients, kServer, kStreams,
    "one client ends its side before the server accepts it; one with a tiny receive buffer reads "
    "nothing until the server has settled, and keeps its side open; two more come") {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  Signal(SIGSTOP);
  Client half_closed = Connect();
  half_closed.Send(definition().Requests());
  half_closed.HalfClose();
  Signal(SIGCONT);
  half_closed.ReadToEnd();
  half_closed.Close();
  Client slow = Connect({.receive_buffer = 1});
  slow.Send(definition().Requests());
  Settle();
  slow.Read(1);
  slow.Read(1);
  slow.ReadToEnd();
  Exchange();
  Exchange();
  slow.Close();
}

// The connections' numbers.
constexpr int kHalfClosed = kOrdinary, kSlow = kHalfClosed + 1, kLast = kSlow + 2;

constexpr int kTalkers = 3;
constexpr char kInput[] = "Hello, server.\r\n";

SCENARIO(InputFirst, kServer, kStreams,
         "three clients send 16 bytes before the server accepts them") {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  Settle();
  TakeSnapshot("before");
  for (int i = 0; i < kTalkers; ++i) {
    Signal(SIGSTOP);
    Client client = Connect();
    client.Send(kInput);
    Signal(SIGCONT);
    client.ReadToEnd();
    client.Close();
  }
  Settle();
  TakeSnapshot("after");
}

constexpr int kIdle = 5;
constexpr int kBusy = 5;

SCENARIO(
    IdleClients, kServer, kStreams,
    "five clients neither send, read nor close, one of them with a tiny window; five more come") {
  Start(WithQueue(launch()));
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  const int idle = Bounded(launch(), kIdle);
  for (int i = 0; i < idle; ++i) Connect({.receive_buffer = i == 0 ? 1 : 0});
  SettleInWait();
  for (int i = 0; i < kBusy; ++i) {
    if (!Exchange().Answered()) return;
  }
}

// The conversations of IdleClients that came after the idle ones.
std::vector<Conversation> OfBusyClients(std::vector<Conversation> all, const LaunchSpec& launch) {
  const std::size_t before = kOrdinary + static_cast<std::size_t>(Bounded(launch, kIdle));
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(before, all.size())));
  return all;
}

// CLS-01: it closes after its message, without waiting for the client.
CHECK(Exchanges, "CLS-01") {
  int judged = 0;
  for (const Conversation& conversation : AllConversations()) {
    if (conversation.received.empty()) continue;
    ++judged;
    EXPECT_TRUE(conversation.ending == Ending::kFin || conversation.ending == Ending::kReset)
        << (conversation.endless ? "does not close, but sends on and on: "
                                 : "does not close after its message, but waits for the client: ")
        << InWords(conversation);
  }
  if (judged == 0) Inconclusive("no client got a reply");
}

// CLS-02: a connection without unread input ends by FIN.
CHECK(Exchanges, "CLS-02") {
  int judged = 0;
  for (const Conversation& conversation : AllConversations()) {
    if (conversation.ending != Ending::kFin && conversation.ending != Ending::kReset) continue;
    ++judged;
    EXPECT_TRUE(conversation.ending == Ending::kFin)
        << "closes with RST though the client sent nothing: " << InWords(conversation);
  }
  if (judged == 0) Inconclusive("it closed no connection");
}

// CLS-03: what was written before close() arrives, at a slow reader too.
CHECK(AwkwardClients, "CLS-03") {
  EXPECT_THAT(TheConversation(kSlow), ReceivedReplyLike(OrdinaryReply()));
}

// CLS-04: a client that sent data first still receives the whole reply.
CHECK(InputFirst, "CLS-04") {
  const ReplyModel model = OrdinaryReply();
  for (int i = kOrdinary; i < kOrdinary + kTalkers; ++i) {
    const Conversation conversation = TheConversation(i);
    EXPECT_THAT(conversation, ReceivedReplyLike(model));
    if (conversation.ending == Ending::kReset) Note("the reply is followed by RST; see CLS-05");
  }
}

// CLS-05: pending input is read, so that the close is orderly.
CHECK(InputFirst, "CLS-05") {
  const std::int64_t aborted =
      SnapshotAt("after").abort_on_close - SnapshotAt("before").abort_on_close;
  for (int i = kOrdinary; i < kOrdinary + kTalkers; ++i) {
    const Conversation conversation = TheConversation(i);
    if (conversation.sent.empty()) Inconclusive("the client could not send before the close");
    if (conversation.ending != Ending::kReset) {
      EXPECT_THAT(conversation, EndedBy(Ending::kFin));
      continue;
    }
    std::int64_t unread = static_cast<std::int64_t>(conversation.sent.size());
    if (subject().traced) {
      const std::vector<int> reads = SelectCalls(timeline(), [&](const Call& call) {
        return IsReceive(call) && call.connection == i && call.error == 0;
      });
      Examine(reads);
      for (const int index : reads) unread -= timeline()[index].call->result;
    }
    const std::string counted =
        !subject().traced ? fmt::format("the client's {} bytes of input were not all read",
                                        conversation.sent.size())
        : unread > 0      ? fmt::format("{} bytes of the client's input were never read", unread)
                          : std::string("it aborts the connection, though all input had been read");
    ADD_FAILURE() << fmt::format("closes with RST because {} (TCPAbortOnClose +{} for {} clients)",
                                 counted, aborted, kTalkers);
    return;
  }
}

// CLS-06: a client that half-closes first still gets its whole reply.
CHECK(AwkwardClients, "CLS-06") {
  EXPECT_THAT(TheConversation(kHalfClosed), ReceivedReplyLike(OrdinaryReply()));
}

// CLS-09: no duplicate of the descriptor delays the FIN.
CHECK(IdleClients, "CLS-09") {
  // Threads share their descriptors; and when a runtime starts one is up to chance.
  if (timeline().Has(Plane::kTrace) && TasksStarted(timeline(), Tasks::kProcesses).empty()) {
    NotApplicable("it starts no process for a client");
  }
  const std::vector<Conversation>& all = AllConversations();
  if (all.empty() || !ProgramEnded(all.front())) Inconclusive("it never closes; see CLS-01");
  const std::vector<Conversation> busy = OfBusyClients(all, subject().launch);
  int judged = 0;
  for (const Conversation& conversation : busy) {
    if (conversation.received.empty()) continue;
    ++judged;
    // Only where it starts processes can a duplicate be the cause.
    if (!ProgramEnded(conversation)) Need("trace");
    EXPECT_TRUE(ProgramEnded(conversation))
        << "sends no FIN after its reply while other clients are connected: a duplicate of the "
           "descriptor is still open ("
        << InWords(conversation) << ")";
  }
  if (judged == 0) Inconclusive("no client got a reply");
}

// CLS-10: TIME_WAIT is on the server's side.
CHECK(Exchanges, "CLS-10") {
  bool server_waits = false, client_waits = false;
  for (const SocketRow& row : SnapshotAt("after exchanges").sockets) {
    if (row.state != "TIME_WAIT") continue;
    server_waits = server_waits || PortOf(row.local) == subject().port;
    client_waits = client_waits || PortOf(row.remote) == subject().port;
  }
  if (!server_waits && !client_waits) Inconclusive("the kernel shows no TIME_WAIT (X-30)");
  EXPECT_TRUE(server_waits) << "leaves the first close to its client: TIME_WAIT is on the client's "
                               "side alone";
}

// CLS-15: a client that never closes its side does not hold up others.
CHECK(AwkwardClients, "CLS-15") {
  const ReplyModel model = OrdinaryReply();
  for (int number = kSlow + 1; number <= kLast; ++number) {
    const Conversation conversation = TheConversation(number);
    EXPECT_TRUE(model.Fits(conversation))
        << "serves nobody while a client that has its reply keeps its side open: "
        << InWords(conversation);
  }
}

// Indices of calls that fail with EBADF on a number that was a connection's before.
std::vector<int> CallsOnFormerConnections(const Timeline& timeline) {
  std::map<int, int> accepted;  // descriptor -> when accept() first returned it
  for (const int index : timeline.Calls("accept*")) {
    const Call& call = *timeline[index].call;
    if (call.error == 0) accepted.try_emplace(static_cast<int>(call.result), index);
  }
  return SelectCalls(timeline, [&](const Call& call) {
    return call.error == EBADF && !call.injected && accepted.contains(call.fd);
  });
}

// CLS-16: a connection's descriptor is closed once, and nothing is done on it afterwards.
CHECK(Exchanges, "CLS-16") {
  if (CallIndices("accept*").empty()) Inconclusive("no accept() was seen");
  const std::vector<int> wrong = CallsOnFormerConnections(timeline());
  Examine(wrong);
  EXPECT_TRUE(wrong.empty()) << "uses a connection's descriptor after its close: "
                             << (wrong.empty() ? "" : Describe(timeline()[wrong.front()]));
}

CHECK(Together, "CLS-16") {
  if (CallIndices("accept*").empty()) Inconclusive("no accept() was seen");
  const std::vector<int> wrong = CallsOnFormerConnections(timeline());
  Examine(wrong);
  EXPECT_TRUE(wrong.empty()) << "uses a connection's descriptor after its close: "
                             << (wrong.empty() ? "" : Describe(timeline()[wrong.front()]));
}

// CLS-17: closing never blocks the only loop.
CHECK(IdleClients, "CLS-17") {
  CallIndices("accept*");
  for (const Call& call : Calls("setsockopt")) {
    const bool lingers = call.option == "SO_LINGER" && call.option_value.size() >= 2 &&
                         call.option_value[0] != 0 && call.option_value[1] > 0;
    EXPECT_FALSE(lingers && !call.non_blocking) << fmt::format(
        "sets SO_LINGER to {} s on a blocking socket, so that close() can block its only loop",
        call.option_value.size() >= 2 ? call.option_value[1] : 0);
  }
  const std::vector<Conversation> busy = OfBusyClients(AllConversations(), subject().launch);
  if (busy.empty()) Inconclusive("no client came after the idle ones");
  EXPECT_THAT(busy.back(), ReceivedReplyLike(OrdinaryReply()));
}

// ROB-01: idle clients do not delay the others.
CHECK(IdleClients, "ROB-01") {
  const ReplyModel model = OrdinaryReply();
  const std::vector<Conversation> busy = OfBusyClients(AllConversations(), subject().launch);
  if (busy.empty()) Inconclusive("no client came after the idle ones");
  const Conversation* left = FirstWithoutReply(busy, model);
  EXPECT_TRUE(left == nullptr) << "does not serve a client while idle ones are connected: "
                               << (left == nullptr ? "" : InWords(*left));
}

}  // namespace
}  // namespace sockspec
