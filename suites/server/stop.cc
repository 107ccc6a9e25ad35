// Ending: signal(7), RFC 9293 3.6.
#include <fmt/format.h>

#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

SCENARIO(StopWithClient, kServer, kStreams,
         "the stop signal while a client is connected, which then leaves") {
  Start();
  Client client = Connect();
  SettleInWait();
  Stop();
  TakeSnapshot("while the client stays");
  client.Finish();
  Settle();
  TakeSnapshot("after stop");
  Connect();
}

SCENARIO(StopDuringReply, kServer, kStreams, "the stop signal while the server sends") {
  Start();
  Exchange();
  Arm({.call = CallClass::kSend,
       .role = SocketRole::kConnection,
       .action = FaultAction::kSignal,
       .error = launch().stop_signal});
  Exchange();
}

// What is left of the program; empty where nothing is.
std::string LeftBehind(const Snapshot& after) {
  if (after.processes > 0) return fmt::format("{} of its processes live on", after.processes);
  const std::vector<SocketRow> listeners = OwnListeners(after);
  return listeners.empty() ? "" : "it still listens: " + Listing(listeners);
}

// CLS-11: the stop signal ends the whole program, when idle ...
CHECK(Exchanges, "CLS-11") {
  const std::string left = LeftBehind(SnapshotAt("after stop"));
  EXPECT_TRUE(left.empty()) << "does not end at its stop signal while it is idle: " << left;
}

// ... and once the last client has left.
CHECK(StopWithClient, "CLS-11") {
  const std::string left = LeftBehind(SnapshotAt("after stop"));
  EXPECT_TRUE(left.empty()) << "does not end at its stop signal once the last client has left: "
                            << left;
}

// CLS-12: afterwards nobody holds the endpoint.
CHECK(Exchanges, "CLS-12") {
  const std::vector<SocketRow> listeners = OwnListeners(SnapshotAt("after stop"));
  EXPECT_TRUE(listeners.empty()) << "still listens after its stop signal: " << Listing(listeners);
  const std::vector<Conversation>& all = AllConversations();
  if (all.size() < 2) Inconclusive("no client came after the stop");
  EXPECT_TRUE(!all.back().connected)
      << "still takes a connection after its stop signal: " << InWords(all.back());
}

CHECK(StopWithClient, "CLS-12") {
  if (!OwnListeners(SnapshotAt("while the client stays")).empty()) {
    Note("it still listens while its last client is connected");
  }
  const std::vector<SocketRow> listeners = OwnListeners(SnapshotAt("after stop"));
  EXPECT_TRUE(listeners.empty()) << "still listens after its stop signal and its last client: "
                                 << Listing(listeners);
  const std::vector<Conversation>& all = AllConversations();
  if (all.size() < 2) Inconclusive("no client came after the stop");
  EXPECT_TRUE(!all.back().connected)
      << "still takes a connection after its stop signal: " << InWords(all.back());
}

// CLS-13: a reply that the stop signal meets is whole, or not there at all.
CHECK(StopDuringReply, "CLS-13") {
  const Conversation met = TheConversation(1);
  const std::vector<int> sends =
      SelectCalls(timeline(), [](const Call& call) { return call.injected && IsSend(call); });
  if (sends.empty()) Inconclusive("the signal did not meet a send");
  Examine(sends);
  const ReplyModel model = FirstReply();
  EXPECT_TRUE(met.received.empty() || model.Fits(met)) << fmt::format(
      "tears its reply when the stop signal comes during it: {} of about {} bytes arrive",
      met.received.size(), model.ordinary().size());
}

}  // namespace
}  // namespace sockspec
