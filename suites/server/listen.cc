// The listening socket: listen(2), accept(2).
#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

SCENARIO(ListenFails, kServer, kStreams, "every listen() fails with EADDRINUSE") {
  Launch({.faults = {{.call = CallClass::kListen, .count = -1, .error = EADDRINUSE}}});
  TakeSnapshot("after launch");
}

SCENARIO(OpensAfterListen, kServer, kStreams,
         "every file that it opens for reading between listen() and its first wait for a client "
         "fails with EMFILE; then one client") {
  const Fault fault{.call = CallClass::kOpen, .count = -1, .error = EMFILE};
  if (Launch({.faults = {fault}}) == LaunchOutcome::kServing) Exchange();
}

// LSN-02: listen() has succeeded before the first accept().
CHECK(Exchanges, "LSN-02") {
  const std::vector<int> listens = CallIndices("listen");
  if (listens.empty()) NotApplicable("it inherits its listener");
  const std::vector<int> accepts = CallIndices("accept*");
  if (accepts.empty()) Inconclusive("no accept() was seen");
  const Call& first = CallAt(accepts.front());
  bool listened = !MadeBy(timeline(), first.on_socket).has_value();  // inherited, already listening
  for (const int listen : listens) {
    listened = listened || (listen < accepts.front() && CallAt(listen).error == 0 &&
                            CallAt(listen).on_socket == first.on_socket);
  }
  EXPECT_TRUE(listened) << "calls accept() on a socket before listen() has succeeded on it";
}

// LSN-03: one listening socket, kept for the whole run.
CHECK(Exchanges, "LSN-03") {
  if (subject().launch.one_exchange) NotApplicable("it ends after one exchange");
  const Snapshot later = SnapshotAt("after exchanges");
  if (later.processes == 0) Inconclusive("it has ended before all clients came");
  const std::vector<SocketRow> before = OwnListeners(SnapshotAt("ready"));
  const std::vector<SocketRow> after = OwnListeners(later);
  if (before.empty()) NotApplicable("the kernel shows no listener of its own");
  std::vector<std::uint64_t> inodes;
  for (const SocketRow& row : before) {
    if (std::find(inodes.begin(), inodes.end(), row.inode) == inodes.end()) {
      inodes.push_back(row.inode);
    }
  }
  if (subject().launch.claims.workers && inodes.size() > 1) {
    Note(fmt::format("{} workers listen, as declared", inodes.size()));
  } else {
    EXPECT_TRUE(inodes.size() == 1) << fmt::format("listens on {} sockets for one endpoint: {}",
                                                   inodes.size(), Listing(before));
  }
  for (const std::uint64_t inode : inodes) {
    const bool kept = std::any_of(after.begin(), after.end(),
                                  [&](const SocketRow& row) { return row.inode == inode; });
    EXPECT_TRUE(kept) << fmt::format(
        "does not keep its listening socket: the one it had when it was ready is gone after the "
        "exchanges ({})",
        after.empty() ? "none is left" : "another took its place");
  }
}

// LSN-08: a failing listen() ends the start-up.
CHECK(ListenFails, "LSN-08") {
  bool injected = false;
  for (const int index : CallIndices("listen")) injected = injected || CallAt(index).injected;
  if (!injected) NotApplicable("it inherits its listener");
  const StartUp start{Served(), End(), OwnListeners(SnapshotAt("after launch"))};
  const std::string wrong = WrongStart(start, "after listen() failed with EADDRINUSE");
  EXPECT_TRUE(wrong.empty()) << wrong;
}

// LSN-09: no data transfer on the listening descriptor.
CHECK(Exchanges, "LSN-09") {
  if (CallIndices("accept*").empty()) Inconclusive("no accept() was seen");
  for (const Call& call : Calls("*", SocketRole::kListener)) {
    EXPECT_FALSE(IsSend(call) || IsReceive(call))
        << fmt::format("calls {}() on its listening socket", call.name);
  }
}

// LSN-10: what a reply needs is ready before listen().
CHECK(OpensAfterListen, "LSN-10") {
  if (CallIndices("listen").empty()) NotApplicable("it inherits its listener");
  const std::vector<int> opens = CallIndices("open*");
  if (!Served()) {
    if (opens.empty()) Inconclusive("it does not serve, though no open() has failed");
    ADD_FAILURE() << fmt::format(
        "opens {} only after listen(), and does not serve where that fails: {}",
        Quote(CallAt(opens.front()).address), WhatItDidLast(timeline(), 0, End(), ErrorOutput()));
    return;
  }
  EXPECT_TRUE(Reached(TheConversation())) << fmt::format(
      "does not reply where an open() between listen() and its first wait for a client fails{}: {}",
      opens.empty() ? "" : " (" + Quote(CallAt(opens.front()).address) + ")",
      InWords(TheConversation()));
}

}  // namespace
}  // namespace sockspec
