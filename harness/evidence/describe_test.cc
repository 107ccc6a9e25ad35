// Tests of the lines that people read.
#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>

#include "harness/evidence/event.h"

namespace sockspec {
namespace {

std::string Line(Call call) {
  return Describe({.kind = EventKind::kCall, .process = 1, .call = std::move(call)});
}

TEST(Describe, CallsOnListeners) {
  EXPECT_EQ(Line({.name = "socket",
                  .fd = 3,
                  .socket = 3,
                  .result = 3,
                  .family = AF_INET,
                  .type = SOCK_STREAM,
                  .protocol = 0,
                  .flags = SOCK_CLOEXEC}),
            "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0) = socket 3 (fd 3)");
  EXPECT_EQ(
      Line({.name = "setsockopt", .on_socket = 3, .option = "SO_REUSEADDR", .option_value = {1}}),
      "setsockopt(socket 3, SO_REUSEADDR, 1) = 0");
  EXPECT_EQ(Line({.name = "bind",
                  .on_socket = 3,
                  .role = SocketRole::kListener,
                  .address = "127.0.0.1:13013",
                  .address_length = 16}),
            "bind(listener 3, 127.0.0.1:13013, 16) = 0");
  EXPECT_EQ(Line({.name = "listen", .on_socket = 3, .role = SocketRole::kListener, .number = -1}),
            "listen(listener 3, -1) = 0");
  EXPECT_EQ(Line({.name = "accept4",
                  .socket = 4,
                  .on_socket = 3,
                  .role = SocketRole::kListener,
                  .connection = 1,
                  .result = 4,
                  .blocked = true,
                  .address = "127.0.0.1:40112"}),
            "accept4(listener 3, …) = connection 1 (fd 4) from 127.0.0.1:40112");
  EXPECT_EQ(Line({.name = "accept",
                  .on_socket = 3,
                  .role = SocketRole::kListener,
                  .error = EINTR,
                  .injected = true,
                  .blocked = true,
                  .address_null = true,
                  .length_null = true}),
            "accept(listener 3, NULL, length NULL) = -1 EINTR (had blocked) (injected)");
}

TEST(Describe, CallsOnConnections) {
  EXPECT_EQ(Line({.name = "sendto",
                  .on_socket = 4,
                  .role = SocketRole::kConnection,
                  .connection = 1,
                  .error = ECONNRESET,
                  .injected = true,
                  .length = 26}),
            "sendto(connection 1, 26 bytes) = -1 ECONNRESET (injected)");
  EXPECT_EQ(Line({.name = "sendto",
                  .on_socket = 4,
                  .connection = 1,
                  .result = 1,
                  .flags = MSG_NOSIGNAL | MSG_DONTWAIT,
                  .length = 1}),
            "sendto(connection 1, 1 byte, MSG_DONTWAIT|MSG_NOSIGNAL) = 1");
  EXPECT_EQ(Line({.name = "shutdown", .on_socket = 4, .connection = 1, .number = SHUT_WR}),
            "shutdown(connection 1, SHUT_WR) = 0");
  EXPECT_EQ(Line({.name = "close", .on_socket = 4, .connection = 1}), "close(connection 1) = 0");
  EXPECT_EQ(Line({.name = "fcntl",
                  .on_socket = 4,
                  .connection = 1,
                  .flags = O_NONBLOCK,
                  .number = F_SETFL}),
            "fcntl(connection 1, F_SETFL, O_NONBLOCK) = 0");
  EXPECT_EQ(Line({.name = "setsockopt",
                  .on_socket = 4,
                  .connection = 1,
                  .option = "SO_LINGER",
                  .option_value = {1, 0}}),
            "setsockopt(connection 1, SO_LINGER, {1, 0}) = 0");
  EXPECT_EQ(Line({.name = "connect",
                  .on_socket = 2,
                  .role = SocketRole::kClient,
                  .address = "[fe80::1]:13",
                  .address_length = 28,
                  .scope_id = 2}),
            "connect(client socket 2, [fe80::1]:13 scope 2, 28) = 0");
}

TEST(Describe, CallsOnSignals) {
  EXPECT_EQ(Line({.name = "kill", .number = SIGTERM, .target = -1}), "kill(-1, SIGTERM) = 0");
  EXPECT_EQ(Line({.name = "rt_sigaction", .flags = SA_RESTART, .number = SIGCHLD}),
            "rt_sigaction(SIGCHLD, SA_RESTART) = 0");
}

TEST(Describe, TheWire) {
  const auto wire = [](EventKind kind, std::string bytes = "") {
    return Describe(
        {.kind = kind, .connection = 0, .address = "127.0.0.1:13013", .bytes = std::move(bytes)});
  };
  EXPECT_EQ(wire(EventKind::kConnecting), "connect 127.0.0.1:13013");
  EXPECT_EQ(wire(EventKind::kSent, "GET / HTTP"), "-> 10 bytes \"GET / HTTP\"");
  EXPECT_EQ(wire(EventKind::kReceived, "S"), "<- 1 byte \"S\"");
  EXPECT_EQ(wire(EventKind::kGotFin), "<- FIN");
  EXPECT_EQ(wire(EventKind::kGotReset), "<- RST");
  EXPECT_EQ(wire(EventKind::kDatagramSent), "-> datagram of 0 bytes to 127.0.0.1:13013");
  EXPECT_EQ(
      Describe(
          {.kind = EventKind::kDatagramError, .error = ECONNREFUSED, .address = "127.0.0.1:13013"}),
      "<- ECONNREFUSED for a datagram to 127.0.0.1:13013");
  EXPECT_EQ(wire(EventKind::kDatagramReceived, "x"),
            "<- datagram of 1 byte \"x\" from 127.0.0.1:13013");
  EXPECT_EQ(Describe({.kind = EventKind::kConnectFailed, .error = ECONNREFUSED, .address = "/t/s"}),
            "connect /t/s: ECONNREFUSED");
  EXPECT_EQ(Describe({.kind = EventKind::kGotFin, .connection = 2}), "connection 2: <- FIN");
}

TEST(Describe, ASnapshotIsOneLine) {
  Snapshot snapshot{.label = "ready", .descriptors = 4, .processes = 1, .threads = 1};
  snapshot.sockets = {
      {.state = "LISTEN", .local = "[::]:13", .send_queue = 16, .owned = true, .v6_only = false}};
  EXPECT_EQ(Describe({.kind = EventKind::kSnapshot, .snapshot = snapshot}),
            "ready: LISTEN [::]:13 backlog 16, dual; 4 descriptors; 1 process");
  snapshot.cpu_ticks = 1;
  SocketRow& row = snapshot.sockets[0];
  row.reuse_address = row.non_blocking = true;
  row.linger = 0;
  EXPECT_EQ(Describe({.kind = EventKind::kSnapshot, .snapshot = snapshot}),
            "ready: LISTEN [::]:13 backlog 16, dual, SO_REUSEADDR, O_NONBLOCK, SO_LINGER 0 s; "
            "4 descriptors; 1 process; 1 tick of CPU");
  snapshot = {.zombies = 2, .path_kind = "socket", .path_mode = 0755, .abort_on_data = 1};
  EXPECT_EQ(Describe({.kind = EventKind::kSnapshot, .snapshot = snapshot}),
            "no sockets; 2 zombies; path: socket 0755; TCPAbortOnData 1");
}

TEST(Describe, TheProcess) {
  EXPECT_EQ(Describe({.kind = EventKind::kExited}), "exit 0");
  EXPECT_EQ(Describe({.kind = EventKind::kExited, .signal = SIGPIPE}), "killed by SIGPIPE");
  EXPECT_EQ(Describe({.kind = EventKind::kProcessEnded, .process = 3, .number = 1}),
            "process 3: exit 1");
  EXPECT_EQ(Describe({.kind = EventKind::kOutput, .number = 2, .bytes = "bind: \x1b[31m\n"}),
            "stderr \"bind: \\x1b[31m\\n\"");
  EXPECT_EQ(Describe({.kind = EventKind::kSignal, .number = SIGPIPE}), "SIGPIPE delivered");
  EXPECT_EQ(Describe({.kind = EventKind::kNotReady, .text = "it exited"}),
            "never ready: it exited");
}

// A UNIX path is chosen by the program, and may hold escapes that would repaint a terminal.
TEST(Describe, EscapesWhatTheProgramChose) {
  EXPECT_THAT(Line({.name = "bind", .on_socket = 1, .address = "/tmp/\x1b[2J\n"}),
              testing::HasSubstr("\"/tmp/\\x1b[2J\\n\""));
  for (int kind = 0; kind <= static_cast<int>(EventKind::kFault); ++kind) {
    Event event{.kind = static_cast<EventKind>(kind), .address = "\x1b", .bytes = "\x1b"};
    event.call = Call{.name = "bind", .address = "\x1b", .option = "\x1b"};
    event.snapshot = Snapshot{.sockets = {{.state = "LISTEN", .local = "\x1b", .remote = "\x1b"}}};
    EXPECT_THAT(Describe(event), testing::Not(testing::HasSubstr("\x1b"))) << kind;
  }
}

}  // namespace
}  // namespace sockspec
