// How a connection's input ends: recv(2), XSH recv() ERRORS, RFC 9293 3.6.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

constexpr std::string_view kStays = "a client that has ended its side stays";

SCENARIO(LeavingClients, kServer, kStreams,
         "a client resets its connection in the middle; a read fails with ETIMEDOUT; after each an "
         "ordinary one; then one ends its side and stays") {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  Settle();
  TakeSnapshot("before");
  Client reset = Connect();
  reset.Converse();
  reset.Abort();
  Settle();
  Exchange();
  Settle();
  Arm({.call = CallClass::kReceive, .role = SocketRole::kConnection, .error = ETIMEDOUT});
  Exchange();
  Settle();
  DisarmFaults();
  Exchange();
  Settle();
  TakeSnapshot("after");
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  Client stays = Connect();
  stays.Converse();
  Step(kStays);
  stays.HalfClose();
  stays.Read(1);
  Settle();
}

// The connections' numbers.
constexpr int kAfterReset = kOrdinary + 1, kAfterTimeOut = kOrdinary + 3;

SCENARIO(UrgentData, kServer, kTcp,
         "a client sends a line, one byte urgently, and another line; then an ordinary one comes",
         .services = {"echo", "discard"}) {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  Client urgent = Connect();
  urgent.Send(definition().Requests());
  SettleInWait();
  urgent.SendUrgent("!");
  SettleInWait();
  urgent.Send(definition().Requests());
  Settle();
  urgent.Finish();
  Exchange();
}

// RD-11: urgent data neither stops the service nor keeps it busy.
CHECK(UrgentData, "RD-11") {
  const ReplyModel model = OrdinaryReply();
  for (const int index : timeline().OfKind(EventKind::kNotSettled)) {
    Examine(index);
    ADD_FAILURE() << "does not rest after urgent data: " << timeline()[index].text;
    return;
  }
  const Conversation urgent = TheConversation(kOrdinary);
  if (subject().definition.Replies()) {
    // Whether the urgent byte itself comes back is the server's choice (SO_OOBINLINE).
    const std::size_t lines = 2 * subject().definition.Requests().size();
    EXPECT_TRUE(urgent.received.size() >= lines) << fmt::format(
        "stops answering a client that has sent urgent data: {} bytes of {} come back",
        urgent.received.size(), lines);
  }
  const Conversation after = TheConversation(kOrdinary + 1);
  EXPECT_TRUE(model.Fits(after)) << "stops serving after urgent data: " << InWords(after);
}

// RD-08: when the client ends its sending side, the server closes ...
CHECK(Exchanges, "RD-08") {
  const bool must_close = !subject().definition.Endless() && !subject().definition.own;
  int judged = 0;
  for (const Conversation& conversation : BeforeStop(timeline(), AllConversations())) {
    if (!conversation.connected || !Reached(conversation)) continue;
    ++judged;
    if (!must_close || ProgramEnded(conversation)) continue;
    ADD_FAILURE() << "does not close when its client has ended its side: " << InWords(conversation);
    return;
  }
  if (judged == 0) Inconclusive("no client was served");
  // ... or, where it may go on sending (contested.md X-09), when the client has closed all.
  const std::vector<SocketRow> left = OwnConnections(SnapshotAt("after exchanges"));
  EXPECT_TRUE(left.empty()) << "keeps connections that its clients have closed: " << Listing(left);
}

// RD-09: an error of a read ends that connection only.
CHECK(LeavingClients, "RD-09") {
  const ReplyModel model = OrdinaryReply();
  const Conversation after_reset = TheConversation(kAfterReset);
  EXPECT_TRUE(model.Fits(after_reset))
      << "stops serving after a client has reset its connection in the middle: "
      << InWords(after_reset);
  if (!model.Fits(after_reset)) return;
  const std::vector<int> failed = SelectCalls(timeline(), [](const Call& call) {
    return call.injected && IsReceive(call) && call.error == ETIMEDOUT;
  });
  CallIndices("accept*");
  Examine(failed);
  if (failed.empty()) return;  // it never reads
  const Conversation after = TheConversation(kAfterTimeOut);
  EXPECT_TRUE(model.Fits(after)) << "stops serving after a read has failed with ETIMEDOUT: "
                                 << InWords(after);
  const Snapshot before = SnapshotAt("before"), later = SnapshotAt("after");
  const bool leaks = before.descriptors >= 0 && later.processes <= before.processes &&
                     later.descriptors - before.descriptors >= 2;
  EXPECT_FALSE(leaks) << fmt::format(
      "keeps the descriptors of failed connections: {} before, {} after two of them",
      before.descriptors, later.descriptors);
}

// RD-10: no busy loop after the end of a stream.
CHECK(LeavingClients, "RD-10") {
  OrdinaryReply();
  const std::vector<int> steps = timeline().Find(
      [](const Event& event) { return event.kind == EventKind::kStep && event.text == kStays; });
  if (steps.empty()) Inconclusive("no client came to stay");
  Examine(steps);
  for (int i = steps.front(); i < static_cast<int>(timeline().size()); ++i) {
    const Event& event = timeline()[i];
    if (event.kind == EventKind::kSettled) return Examine(i);
    if (event.kind != EventKind::kNotSettled) continue;
    Examine(i);
    if (DeadlineReached()) Inconclusive("the watchdog ended the wait for it");
    ADD_FAILURE() << "does not rest while a client that has ended its side stays: " << event.text;
    return;
  }
  Inconclusive("it was gone before");
}

}  // namespace
}  // namespace sockspec
