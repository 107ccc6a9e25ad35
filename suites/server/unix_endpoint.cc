// UNIX-domain paths: unix(7).
#include <fmt/format.h>
#include <sys/un.h>

#include <algorithm>

#include "harness/base/text.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

SCENARIO(StalePath, kServer, kUnix, "killed while it served, and launched again") {
  Start();
  Exchange();
  Kill();
  TakeSnapshot("after kill");
  Launch();
  Exchange();
}

SCENARIO(FileAtPath, kServer, kUnix, "launched where a regular file lies at its path") {
  WritePath("file");
  Launch();
  TakeSnapshot("after launch");
}

// `path` with its last part made longer, to so many bytes in all.
std::string Lengthened(std::string path, std::size_t bytes) {
  if (path.size() < bytes) path.append(bytes - path.size(), 'x');
  return path;
}

constexpr std::size_t kLongPaths[] = {sizeof(sockaddr_un::sun_path) + 1, 200};

SCENARIO(LongPath, kServer, kUnix,
         "launched with paths of 109 and 200 bytes, where sun_path has 108") {
  for (const std::size_t bytes : kLongPaths) {
    Launch({.path = Lengthened(path(), bytes)});
    TakeSnapshot(fmt::format("{} bytes", bytes));
    Kill();
  }
}

SCENARIO(AbstractName, kServer, kUnix, "launched on an abstract name") {
  Start({.path = "@" + path()});
  TakeSnapshot("ready");
  Exchange();
}

SCENARIO(PrivateUmask, kServer, kUnix, "launched with umask 077") {
  Start({.umask = 077});
  TakeSnapshot("ready");
}

// UNX-02: the path is removed at the end.
CHECK(Exchanges, "UNX-02") {
  const StartKind start = subject().launch.start;
  if (start != StartKind::kForeground && start != StartKind::kDaemon) {
    NotApplicable("it inherits its listener");
  }
  const Snapshot after = SnapshotAt("after stop");
  if (after.processes > 0) Inconclusive("it has not ended");
  EXPECT_TRUE(after.path_kind == "missing")
      << fmt::format("leaves its {} at {} behind when it ends", after.path_kind, subject().path);
}

// UNX-03: a stale socket does not prevent a start.
CHECK(StalePath, "UNX-03") {
  if (!Served(0)) Inconclusive("it did not serve the first time");
  if (SnapshotAt("after kill").path_kind != "socket") Inconclusive("no stale socket was left");
  if (!Served(1)) {
    ADD_FAILURE() << "does not start where a stale socket lies at its path: "
                  << WhatItDidLast(timeline(), 1, End(1), ErrorOutput(1));
    return;
  }
  EXPECT_THAT(TheConversation(1), ReceivedReplyLike(FirstReply()));
}

// UNX-04: a file that is no socket is not removed.
CHECK(FileAtPath, "UNX-04") {
  const Snapshot after = SnapshotAt("after launch");
  EXPECT_TRUE(after.path_kind == "file") << fmt::format(
      "removes the regular file at {}: it is now \"{}\"", subject().path, after.path_kind);
  const StartUp start{Served(), End(), OwnListeners(after)};
  const std::string wrong = WrongRefusal(start, "though a regular file lies at its path");
  EXPECT_TRUE(wrong.empty()) << wrong;
}

// UNX-05: a path longer than sun_path is refused, not cut.
CHECK(LongPath, "UNX-05") {
  if (!subject().launch.Mentions("path")) NotApplicable("no {path} in its command");
  for (int run = 0; run < 2; ++run) {
    const std::size_t bytes = kLongPaths[run];
    const StartUp start{Served(run), End(run),
                        OwnListeners(SnapshotAt(fmt::format("{} bytes", bytes)))};
    const std::string wrong =
        WrongRefusal(start, fmt::format("when its path has {} bytes, more than a socket's path can "
                                        "have",
                                        bytes));
    EXPECT_TRUE(wrong.empty()) << wrong;
  }
}

// UNX-06: an abstract name has exactly the length that was asked for.
CHECK(AbstractName, "UNX-06") {
  if (!subject().launch.Mentions("path")) NotApplicable("no {path} in its command");
  const std::string name = "@" + subject().path;
  if (!Served()) {
    ADD_FAILURE() << fmt::format("never becomes ready to serve at {}: ", name)
                  << WhatItDidLast(timeline(), 0, End(), ErrorOutput());
    return;
  }
  for (const SocketRow& row : OwnListeners(SnapshotAt("ready"))) {
    EXPECT_TRUE(row.local == name)
        << fmt::format("takes the name {}, where {} was asked for", Quote(row.local), Quote(name));
  }
  const Conversation conversation = TheConversation();
  EXPECT_TRUE(Reached(conversation)) << "does not answer: " << InWords(conversation);
}

// UNX-07: one message, one record.
CHECK(Exchanges, "UNX-07") {
  int judged = 0;
  for (const Conversation& conversation : AllConversations()) {
    if (conversation.received.empty()) continue;
    ++judged;
    const auto records =
        std::count_if(conversation.events.begin(), conversation.events.end(),
                      [&](int index) { return timeline()[index].kind == EventKind::kReceived; });
    EXPECT_TRUE(records == 1) << fmt::format("sends its message in {} records: {}", records,
                                             InWords(conversation));
  }
  if (judged == 0) Inconclusive("no client got a reply");
}

// UNX-09: the length given to bind() covers the path.
CHECK(Exchanges, "UNX-09") {
  CallIndices("bind");
  const std::vector<int> binds = EndpointBinds(timeline(), transport());
  if (binds.empty()) NotApplicable("it inherits its listener");
  const std::string& path = subject().path;
  for (const int index : binds) {
    const Call& call = CallAt(index);
    // A relative path or a temporary name is the program's own business.
    const bool cut = call.address.size() < path.size() && path.starts_with(call.address);
    const std::size_t name = cut ? path.size() : call.address.size();
    const int bare = static_cast<int>(offsetof(sockaddr_un, sun_path) + name);
    EXPECT_TRUE(call.address_length >= bare)
        << fmt::format("passes {} bytes to bind(), which cuts the path {} to {}",
                       call.address_length, path, call.address);
    EXPECT_TRUE(call.address_length <= static_cast<int>(sizeof(sockaddr_un))) << fmt::format(
        "passes {} bytes to bind(), more than a sockaddr_un has", call.address_length);
    if (call.address_length == bare) Note("the length does not cover the path's final NUL");
  }
}

// UNX-12: the path's mode obeys the umask.
CHECK(PrivateUmask, "UNX-12") {
  const Snapshot ready = SnapshotAt("ready");
  if (ready.path_kind != "socket" || ready.path_mode < 0) Inconclusive("no socket at the path");
  EXPECT_TRUE((ready.path_mode & 077) == 0)
      << fmt::format("gives its path mode {:03o} under umask 077", ready.path_mode & 0777);
}

}  // namespace
}  // namespace sockspec
