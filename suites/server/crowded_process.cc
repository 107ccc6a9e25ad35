// What surrounds a server: descriptors beyond select()'s reach, and a name server that is silent.
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <set>

#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

constexpr int kSetSize = 1024;  // FD_SETSIZE

SCENARIO(ManyDescriptors, kServer, kStreams,
         "launched with descriptors 3 to 1023 open, so that its sockets have higher numbers") {
  if (Launch({.first_free_descriptor = kSetSize}) != LaunchOutcome::kServing) return;
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  Settle();  // its end, if it crashes, may come after that of its connections
}

constexpr const char* kUnknownV4 = "127.0.0.7";
constexpr const char* kUnknownV6 = "fd00::7";

SCENARIO(SilentResolver, kServer, kInternet,
         "a client from an address that no file names comes while the name server is silent",
         .extra_addresses = {"fd00::7"}, .silent_resolver = true) {
  Start();
  Client client =
      Connect({.local_address = Family(transport()) == AF_INET6 ? kUnknownV6 : kUnknownV4});
  if (SocketType(transport()) != SOCK_DGRAM) client.Send(definition().Requests());
  SettleInWait();
  client.Finish();
}

// ROB-07: descriptors past FD_SETSIZE neither crash the program nor corrupt it.
CHECK(ManyDescriptors, "ROB-07") {
  const ProgramEnd end = End();
  if (!Served()) {
    if (!end.exited) Inconclusive("it neither serves nor ends");
    if (end.signal == SIGABRT)
      Inconclusive("it ends by abort() before it serves, maybe on purpose");
    EXPECT_THAT(end, DidNotCrash());
    if (end.status == 0) Inconclusive("it ended with status 0 before it served");
    return;  // it refuses to start
  }
  EXPECT_THAT(end, DidNotCrash());
  const std::vector<int> accepts = CallIndices("accept*");
  const bool high = std::any_of(accepts.begin(), accepts.end(), [&](int index) {
    return CallAt(index).error == 0 && CallAt(index).result >= kSetSize;
  });
  if (!high) Inconclusive("it has closed what was open, so that no descriptor was past FD_SETSIZE");
  int served = 0, refused = 0;
  for (const Conversation& conversation : AllConversations()) {
    served += Reached(conversation) ? 1 : 0;
    refused += !Reached(conversation) && ProgramEnded(conversation) ? 1 : 0;
  }
  EXPECT_TRUE(served > 0 || refused > 0) << fmt::format(
      "neither serves nor refuses clients whose descriptors are {} and more", kSetSize);
  if (served == 0 && refused > 0) Note("it refuses clients whose descriptors are past FD_SETSIZE");
}

// A question about the client: to a name server, or to its ident service (RFC 1413).
bool AsksAboutClient(const Call& call) {
  constexpr int kDns = 53, kIdent = 113;
  const int port = PortOf(call.address);
  return (call.name == "connect" || call.name.starts_with("send")) &&
         (port == kDns || port == kIdent);
}

// ROB-10: service does not wait for word about its client.
CHECK(SilentResolver, "ROB-10") {
  const Conversation client = TheConversation(0);
  if (!client.connected) Inconclusive("no client was served");
  if (!client.by_datagrams) CallIndices("accept*");
  const bool replies = subject().definition.Replies();
  const std::vector<int> asked = SelectCalls(timeline(), AsksAboutClient);
  std::set<int> asking;  // sockets
  for (const int index : asked) asking.insert(timeline()[index].call->on_socket);
  const std::vector<int> acts = SelectCalls(timeline(), [&](const Call& call) {
    const bool to_client =
        client.by_datagrams ? call.role == SocketRole::kDatagram && !asking.contains(call.on_socket)
                            : call.connection == 0;
    return to_client && call.error == 0 && (replies ? IsSend(call) : IsReceive(call));
  });
  const std::vector<int> rests = timeline().Find([&](const Event& event) {
    return event.kind == EventKind::kSettled || event.kind == EventKind::kNotSettled;
  });
  const auto rest = std::find_if(rests.begin(), rests.end(),
                                 [&](int index) { return index > client.events.front(); });
  if (rest == rests.end()) Inconclusive("it was never at rest");
  Examine(*rest);
  if (!acts.empty() && acts.front() < *rest) return Examine(acts.front());
  const auto before = std::find_if(asked.begin(), asked.end(),
                                   [&](int index) { return index > client.events.front(); });
  if (before == asked.end())
    Inconclusive("it rests before it serves, but asks nobody about its client");
  Examine(*before);
  ADD_FAILURE() << fmt::format(
      "waits for {} about its client before it serves it",
      PortOf(CallAt(*before).address) == 113 ? "an ident answer" : "a name server's answer");
}

}  // namespace
}  // namespace sockspec
