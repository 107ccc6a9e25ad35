// Sends that fail, and connections that the host itself ends: XSH send() ERRORS, write(2),
// tcp_abort() in Linux's net/ipv4/tcp.c (what `ss -K` does), ss(8).
#include <fmt/format.h>

#include "harness/base/error.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

constexpr int kSendErrors[] = {EPIPE, ECONNRESET, ETIMEDOUT, ENOBUFS};

constexpr const char* kEndedByHost = "the connection is ended by the host";

SCENARIO(
    FailingSends, kServer, kStreams,
    "the n-th send to a client fails with EPIPE, ECONNRESET, ETIMEDOUT, ENOBUFS, each time "
    "with an ordinary client after it; then, over TCP, the host ends the connection before that "
    "send; in the first step before also that of a client that waits",
    .sweep = kMostSends) {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  Settle();
  if (SweepStep() == kEnoughSends && definition().Endless()) EndSweep();
  TakeSnapshot("before");
  for (const int error : kSendErrors) {
    Step(PartStep(ErrnoName(error)));
    Arm(SendFault(SweepStep(), error));
    Exchange();
    Settle();
    DisarmFaults();
    const bool serves = Exchange().Answered();
    Settle();
    if (!serves && !Relaunch()) return;
  }
  TakeSnapshot("after");
  if (IsUnix(transport())) return;
  Step(PartStep(kEndedByHost));
  if (SweepStep() == 1) {
    // Asleep in a read for it, in a send where it sends without end, or done with it.
    Client waits = Connect();
    SettleInWait();
    const bool ended = DestroyConnection(waits);
    Settle();
    waits.Close();
    if (ended && !Exchange().Answered()) return;
  }
  Fault hold = SendFault(SweepStep(), 0);
  hold.action = FaultAction::kHold;
  Arm(hold);
  Client client = Connect();
  client.Converse();
  SettleInWait();
  if (HoldsAny()) DestroyConnection(client);
  Release();
  DisarmFaults();
  Settle();
  client.Close();
  Exchange();
}

// WR-04: writing to a connection that its client has left does not stop the service.
CHECK(FailingSends, "WR-04") {
  CallIndices("accept*");
  const std::optional<Part> part = FaultedPart(timeline(), "EPIPE", 2);
  if (!part.has_value()) NotReached(kNoSend);
  Examine(part->faults);
  const Conversation& after = part->conversations[1];
  Examine(after.events);
  EXPECT_TRUE(OrdinaryReply().Fits(after))
      << "stops serving after a send has failed with EPIPE: " << InWords(after);
}

// WR-05: other send errors close that connection alone.
CHECK(FailingSends, "WR-05") {
  const ReplyModel model = OrdinaryReply();
  CallIndices("accept*");
  int judged = 0;
  for (const int error : kSendErrors) {
    const std::optional<Part> part = FaultedPart(timeline(), ErrnoName(error), 2);
    if (error == EPIPE || !part.has_value()) continue;
    ++judged;
    Examine(part->faults);
    const Conversation& after = part->conversations[1];
    Examine(after.events);
    EXPECT_TRUE(model.Fits(after)) << fmt::format(
        "stops serving after a send has failed with {}: {}", ErrnoName(error), InWords(after));
  }
  if (judged == 0) NotReached(kNoSend);
  if (timeline().OfKind(EventKind::kLaunched).size() > 1) return;  // another program's descriptors
  const Snapshot before = SnapshotAt("before"), after = SnapshotAt("after");
  // More processes have more descriptors, whatever they are.
  const bool leaks = before.descriptors >= 0 && after.processes <= before.processes &&
                     after.descriptors - before.descriptors >= 3;
  EXPECT_FALSE(leaks) << fmt::format(
      "keeps the descriptors of failed connections: {} before, {} after {} failed sends",
      before.descriptors, after.descriptors, judged + 1);
}

// ROB-12: a connection that the host ends ends alone.
CHECK(FailingSends, "ROB-12") {
  const ReplyModel model = OrdinaryReply();
  int judged = 0;
  for (const int index : timeline().Find([](const Event& event) {
         return event.kind == EventKind::kFault && event.connection >= 0;
       })) {
    Examine(index);
    Examine(SelectCalls(timeline(), [&](const Call& call) {
      return call.connection == timeline()[index].connection && call.error == ECONNABORTED;
    }));
    const Conversation after = TheConversation(timeline()[index].connection + 1);
    ++judged;
    if (model.Fits(after)) continue;
    ADD_FAILURE() << "stops serving after the host has ended one connection (ECONNABORTED): "
                  << InWords(after);
    return;
  }
  if (judged > 0) return;
  Need("trace");
  Need("socket-diag");
  if (!timeline()
           .Find([](const Event& event) {
             return event.kind == EventKind::kStep && event.text == kCannotDestroy;
           })
           .empty()) {
    Inconclusive(std::string(kCannotDestroy));
  }
  NotReached("it held no connection that its host could end");
}

}  // namespace
}  // namespace sockspec
