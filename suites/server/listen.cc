// The listening socket: listen(2), accept(2).
#include <fmt/format.h>

#include <algorithm>

#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

SCENARIO(ListenFails, kServer, kStreams, "every listen() fails with EADDRINUSE") {
  Launch({.faults = {{.call = CallClass::kListen, .count = -1, .error = EADDRINUSE}}});
  TakeSnapshot("after launch");
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

}  // namespace
}  // namespace sockspec
