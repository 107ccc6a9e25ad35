// The backlog: listen(2), which POSIX calls a hint.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

constexpr int kBacklogs[] = {3, 64};

SCENARIO(BacklogValues, kServer, kStreams, "launched with backlog 3, then with 64") {
  for (const int backlog : kBacklogs) {
    Launch({.backlog = std::to_string(backlog)});
    TakeSnapshot(fmt::format("backlog {}", backlog));
    Kill();
    ClearPath();
  }
}

SCENARIO(BacklogZero, kServer, kStreams, "launched with backlog 0; five clients, one by one") {
  if (Launch({.backlog = "0"}) != LaunchOutcome::kServing) return;
  for (int i = 0; i < 5; ++i) Exchange();
}

SCENARIO(BacklogNegative, kServer, kStreams, "launched with backlog -1; one client") {
  if (Launch({.backlog = "-1"}) == LaunchOutcome::kServing) Exchange();
}

SCENARIO(BacklogHuge, kServer, kStreams, "launched with backlog 2147483647; one client") {
  if (Launch({.backlog = "2147483647"}) == LaunchOutcome::kServing) Exchange();
}

constexpr int kQueue = 4;
// The kernel takes one more than the backlog; the rest are beyond it.
constexpr int kBurst = kQueue + 1 + 4;

SCENARIO(
    Burst, kServer, kTcp,
    "more clients than the queue holds, which the kernel keeps short, connect while the server "
    "is stopped",
    .longest_queue = kQueue) {
  LaunchOptions options;
  if (launch().Mentions("backlog")) options.backlog = "1";
  Start(options);
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  const int burst = Bounded(launch(), kBurst);
  Signal(SIGSTOP);
  std::vector<Client> clients;
  for (int i = 0; i < burst; ++i) clients.push_back(Connect({.wait = false}));
  Signal(SIGCONT);
  // Those that the queue had no room for come again, as people do: waiting for the kernel's own
  // next try would take a second.
  int again = 0;
  for (Client& client : clients) {
    if (client.connected()) client.Converse();
    if (client.connected()) client.Finish();
    if (!client.connected()) ++again;
    client.Close();
  }
  for (int i = 0; i < again; ++i) Exchange();
  TakeSnapshot("after the burst");
}

// LSN-01: the backlog asked for is the one in force.
CHECK(BacklogValues, "LSN-01") {
  const LaunchSpec& launch = subject().launch;
  if (!launch.Mentions("backlog") && !launch.backlog.has_value()) {
    NotApplicable("no {backlog} in its command and no backlog in its manifest");
  }
  for (int run = 0; run < 2; ++run) {
    const int wanted = launch.Mentions("backlog") ? kBacklogs[run] : *launch.backlog;
    if (!Served(run)) {
      ADD_FAILURE() << fmt::format("does not start with backlog {}: ", wanted)
                    << WhatItDidLast(timeline(), run, End(run), ErrorOutput(run));
      continue;
    }
    const Snapshot ready = SnapshotAt(fmt::format("backlog {}", kBacklogs[run]));
    bool in_force = false;
    std::vector<std::string> seen;
    if (!timeline().Has(Plane::kTrace)) Need("socket-diag");  // /proc does not tell
    for (const SocketRow& row : OwnListeners(ready)) {
      if (row.send_queue < 0) continue;
      in_force = in_force || row.send_queue == wanted;
      seen.push_back(fmt::format("the kernel's queue takes {}", row.send_queue));
    }
    const bool traced = timeline().Has(Plane::kTrace);
    for (const int index : traced ? timeline().Calls("listen") : std::vector<int>()) {
      if (timeline()[index].run != run) continue;
      const Call& call = CallAt(index);
      Examine(index);
      in_force = in_force || (call.number == wanted && call.error == 0);
      seen.push_back(fmt::format("listen() gets {}", call.number));
    }
    if (seen.empty()) Inconclusive("neither the kernel nor the trace shows a backlog");
    EXPECT_TRUE(in_force) << fmt::format("does not use the backlog {} that it is given: {}", wanted,
                                         fmt::join(seen, ", "));
  }
}

// LSN-04: a burst larger than the queue is served in the end.
CHECK(Burst, "LSN-04") {
  std::vector<Conversation> burst = AllConversations();
  if (burst.size() <= kOrdinary) Inconclusive("it never served the first clients");
  burst.erase(burst.begin(), burst.begin() + kOrdinary);
  std::erase_if(burst, [](const Conversation& each) { return !each.connected && each.error == 0; });
  if (SnapshotAt("after the burst").listen_overflows == 0) {
    Inconclusive(fmt::format("its queue took all {} clients at once", burst.size()));
  }
  const Conversation* left = FirstWithoutReply(burst, OrdinaryReply());
  EXPECT_TRUE(left == nullptr) << "does not serve all of a burst that is larger than its queue: "
                               << (left == nullptr ? "" : InWords(*left));
}

// LSN-05: with backlog 0 it serves clients one after the other, or refuses to start.
CHECK(BacklogZero, "LSN-05") {
  if (!subject().launch.Mentions("backlog")) NotApplicable("no {backlog} in its command");
  const std::string wrong = WrongStart({Served(), End(), {}}, "with backlog 0");
  EXPECT_TRUE(wrong.empty()) << wrong;
  if (!Served()) return;
  for (const Conversation& conversation : AllConversations()) {
    EXPECT_TRUE(Reached(conversation))
        << "does not serve every client with backlog 0: " << InWords(conversation);
  }
}

// LSN-06: a negative backlog is refused or serves; it does not crash or hang.
CHECK(BacklogNegative, "LSN-06") {
  if (!subject().launch.Mentions("backlog")) NotApplicable("no {backlog} in its command");
  const ProgramEnd end = End();
  EXPECT_THAT(end, DidNotCrash());
  const std::string wrong = WrongStart({Served(), end, {}}, "with backlog -1");
  EXPECT_TRUE(wrong.empty()) << wrong;
  if (Served()) {
    const Conversation first = TheConversation();
    EXPECT_TRUE(Reached(first)) << "does not answer: " << InWords(first);
  }
}

// LSN-07: a huge backlog neither crashes nor stops service.
CHECK(BacklogHuge, "LSN-07") {
  if (!subject().launch.Mentions("backlog")) NotApplicable("no {backlog} in its command");
  const ProgramEnd end = End();
  EXPECT_THAT(end, DidNotCrash());
  const std::string wrong = WrongStart({Served(), end, {}}, "with backlog 2147483647");
  EXPECT_TRUE(wrong.empty()) << wrong;
  if (Served()) {
    const Conversation first = TheConversation();
    EXPECT_TRUE(Reached(first)) << "does not answer: " << InWords(first);
  }
}

}  // namespace
}  // namespace sockspec
