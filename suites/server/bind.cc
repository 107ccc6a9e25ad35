// The local address: bind(2), ip(7), ipv6(7).
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>

#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

SCENARIO(SpecificAddress, kServer, kInternet,
         "launched on the second of three local addresses; clients on it and on the others",
         .extra_addresses = {"fd00::2", "fd00::3"}) {
  const bool v6 = Family(transport()) == AF_INET6;
  const std::string own = v6 ? "fd00::2" : "127.0.0.2";
  Start({.address = own});
  TakeSnapshot("ready");
  Exchange({.address = own});
  Exchange({.address = v6 ? "::1" : "127.0.0.1"});
  Exchange({.address = v6 ? "fd00::3" : "127.0.0.3"});
}

// A local address of this host, beside the first one.
constexpr const char* kSecondIpv4 = "192.0.2.9";
constexpr const char* kSecondIpv6 = "fd00::2";

SCENARIO(WildcardAddress, kServer, kInternet,
         "launched on the wildcard address; clients on two local addresses (over datagrams also "
         "from a connected socket)",
         .extra_addresses = {kSecondIpv4, kSecondIpv6}) {
  const bool v6 = Family(transport()) == AF_INET6;
  LaunchOptions options;
  if (launch().Mentions("address")) options.address = v6 ? "::" : "0.0.0.0";
  Start(options);
  for (int i = 0; i < kOrdinary; ++i) Exchange({.address = v6 ? "::1" : "127.0.0.1"});
  const std::string second = v6 ? kSecondIpv6 : kSecondIpv4;
  Exchange({.address = second});
  if (!IsUdp(transport())) return;
  Client connected = OpenDatagram({.address = second, .connected = true});
  connected.Send(kRequest);
  connected.ReadToEnd();
}

SCENARIO(PrivilegedPort, kServer, kInternet,
         "launched on port 13 without the right to bind below 1024",
         .first_unprivileged_port = 1024) {
  Launch({.port = "13"});
  TakeSnapshot("after launch");
}

SCENARIO(NonLocalAddress, kServer, kInternet, "launched on an address that no interface has") {
  Launch({.address = Family(transport()) == AF_INET6 ? "2001:db8::1" : "192.0.2.1"});
  TakeSnapshot("after launch");
}

constexpr const char* kBadPorts[] = {"-1", "12x"};

SCENARIO(BadPorts, kServer, kInternet, "launched with ports that are out of range or no numbers") {
  const std::string too_large = std::to_string(65536 + port());
  for (const std::string& port :
       {too_large, std::string(kBadPorts[0]), std::string(kBadPorts[1])}) {
    Launch({.port = port});
    TakeSnapshot(port);
    Kill();
  }
}

SCENARIO(Restart, kServer, kTcp,
         "stopped after an exchange that it closed first, and launched again at once") {
  Start();
  Exchange();
  Settle();
  Stop();
  TakeSnapshot("after stop");
  Launch();
  Exchange();
}

// BIND-01: bound to the address asked for.
CHECK(SpecificAddress, "BIND-01") {
  if (!subject().launch.Mentions("address")) NotApplicable("no {address} in its command");
  const std::string own = Family(transport()) == AF_INET6 ? "fd00::2" : "127.0.0.2";
  const std::vector<SocketRow> listeners = OwnListeners(SnapshotAt("ready"));
  if (listeners.empty()) Inconclusive("the kernel shows no listener of the program");
  for (const SocketRow& row : listeners) {
    EXPECT_TRUE(HostOf(row.local).find(own) != std::string_view::npos)
        << fmt::format("listens on {}, where {} was asked for", row.local, own);
  }
}

// BIND-06: on a specific address, not reachable through the others.
CHECK(SpecificAddress, "BIND-06") {
  if (!subject().launch.Mentions("address")) NotApplicable("no {address} in its command");
  const std::vector<Conversation>& all = AllConversations();
  if (all.size() != 3) Inconclusive("it never served on the specific address");
  EXPECT_TRUE(Reached(all[0])) << "does not answer on the address that it was told to serve: "
                               << InWords(all[0]);
  for (const std::size_t other : {1, 2}) {
    const bool refused = all[other].by_datagrams ? all[other].DatagramsReceived().empty()
                                                 : all[other].ending == Ending::kRefused;
    EXPECT_TRUE(refused) << fmt::format("serves {}, though it was told to serve {} alone",
                                        all[other].address, all[0].address);
  }
}

// BIND-02: the port asked for, in network byte order.
CHECK(Exchanges, "BIND-02") {
  if (!timeline().Has(Plane::kTrace)) {
    const std::vector<SocketRow> listeners = OwnListeners(SnapshotAt("ready"));
    if (listeners.empty()) Need("trace");
    const bool asked = std::ranges::any_of(
        listeners, [this](const SocketRow& row) { return PortOf(row.local) == subject().port; });
    EXPECT_TRUE(asked) << fmt::format("listens on {}, not on port {}", Listing(listeners),
                                      subject().port);
    return;
  }
  CallIndices("bind");
  const std::vector<int> binds = EndpointBinds(timeline(), transport());
  if (binds.empty()) NotApplicable("it inherits its listener");
  bool right = false;
  for (const int index : binds) {
    const int port = PortOf(CallAt(index).address);
    right = right || port == subject().port;
    EXPECT_TRUE(port != SwappedBytes(subject().port) || port == subject().port) << fmt::format(
        "binds port {}, which is {} with its bytes swapped (no htons())", port, subject().port);
  }
  EXPECT_TRUE(right) << fmt::format("binds {}, never port {}", CallAt(binds.front()).address,
                                    subject().port);
}

// BIND-03: the length given to bind() fits the family's structure.
CHECK(Exchanges, "BIND-03") {
  CallIndices("bind");
  const std::vector<int> binds = EndpointBinds(timeline(), transport());
  if (binds.empty()) NotApplicable("it inherits its listener");
  for (const int index : binds) {
    const Call& call = CallAt(index);
    const std::optional<Call> made = MadeBy(timeline(), call.on_socket);
    const int family = made.has_value() ? made->family : Family(transport());
    constexpr int kOldInet6 = 24;  // without sin6_scope_id, as the kernel still takes it
    const int full = family == AF_INET ? static_cast<int>(sizeof(sockaddr_in))
                     : family == AF_INET6
                         ? static_cast<int>(sizeof(sockaddr_in6))
                         : static_cast<int>(sizeof(sa_family_t) + subject().path.size());
    const int least = family == AF_INET6 ? kOldInet6 : full;
    EXPECT_TRUE(call.address_length >= least) << fmt::format(
        "passes {} bytes of address to bind(), where {} are needed", call.address_length, full);
    // With a full address EINVAL says that the socket is bound already, which BIND-04 judges.
    EXPECT_TRUE(call.error != EINVAL || call.injected || call.address_length == full)
        << fmt::format("bind() of {} bytes fails with EINVAL", call.address_length);
    if (family != AF_UNIX && call.address_length != full && call.address_length >= least) {
      Note(fmt::format("passes {} bytes of address to bind(), where the structure has {}",
                       call.address_length, full));
    }
  }
}

// BIND-04: bind() comes before listen().
CHECK(Exchanges, "BIND-04") {
  const std::vector<int> listens = CallIndices("listen");
  const std::vector<int> binds = CallIndices("bind");
  int judged = 0;
  for (const int listen : listens) {
    const Call& call = CallAt(listen);
    if (call.error != 0 || !MadeBy(timeline(), call.on_socket).has_value()) continue;
    ++judged;
    bool bound = false;
    for (const int bind : binds) {
      bound = bound || (bind < listen && CallAt(bind).on_socket == call.on_socket &&
                        CallAt(bind).error == 0);
    }
    EXPECT_TRUE(bound) << "calls listen() on a socket that it has not bound, so that the kernel "
                          "chooses the port";
  }
  if (judged == 0) NotApplicable("it inherits its listener");
}

// BIND-05: with the wildcard address it answers on every local address.
CHECK(WildcardAddress, "BIND-05") {
  const LaunchSpec& launch = subject().launch;
  if (!launch.Mentions("address") && launch.address != "any") {
    NotApplicable("no {address} in its command, and a specific one is built in");
  }
  const std::vector<Conversation>& all = AllConversations();
  if (all.empty()) Inconclusive("it never served on the wildcard address");
  if (Reached(all.front())) OrdinaryReply();
  for (const Conversation& conversation : all) {
    if (conversation.connection > kOrdinary) break;  // that is UDP-03's
    EXPECT_TRUE(Reached(conversation))
        << fmt::format("does not answer on {}, though it was told to serve every address: {}",
                       conversation.address, InWords(conversation));
  }
}

// UDP-03: the answer comes from the address that was asked.
CHECK(WildcardAddress, "UDP-03") {
  constexpr int kUnconnected = kOrdinary, kConnected = kOrdinary + 1;
  OrdinaryReply();
  const Conversation unconnected = TheConversation(kUnconnected);
  const Conversation connected = TheConversation(kConnected);
  for (const Datagram& datagram : unconnected.datagrams) {
    if (datagram.by_harness) continue;
    EXPECT_TRUE(HostOf(datagram.address) == HostOf(unconnected.address)) << fmt::format(
        "answers from {}, where {} was asked", HostOf(datagram.address), unconnected.address);
  }
  if (unconnected.DatagramsReceived().empty()) {
    Inconclusive(fmt::format("it does not answer at {}; see BIND-05", unconnected.address));
  }
  EXPECT_FALSE(connected.DatagramsReceived().empty()) << fmt::format(
      "does not answer a client that has connected its socket to {}", connected.address);
}

// BIND-09: after closing first it can be launched again at once.
CHECK(Restart, "BIND-09") {
  if (!Served(0)) Inconclusive("it did not serve the first time");
  bool waits = false;
  for (const SocketRow& row : SnapshotAt("after stop").sockets) {
    waits = waits || (row.state == "TIME_WAIT" && PortOf(row.local) == subject().port);
  }
  if (!waits) Inconclusive("the first run left no TIME_WAIT on its port");
  if (!Served(1)) {
    ADD_FAILURE() << "cannot be started again while its port is in TIME_WAIT: "
                  << WhatItDidLast(timeline(), 1, End(1), ErrorOutput(1));
    return;
  }
  EXPECT_THAT(TheConversation(1), ReceivedReplyLike(FirstReply()));
}

// BIND-10: SO_REUSEADDR is set before bind(), where it is set.
CHECK(Exchanges, "BIND-10") {
  CallIndices("setsockopt");
  const std::vector<int> binds = EndpointBinds(timeline(), transport());
  Examine(binds);
  if (binds.empty()) NotApplicable("it inherits its listener");
  for (const int bind : binds) {
    bool before = false, after = false;
    for (const int index : timeline().Calls("setsockopt")) {
      const Call& call = CallAt(index);
      const bool sets = call.option == "SO_REUSEADDR" && call.on_socket == CallAt(bind).on_socket &&
                        !call.option_value.empty() && call.option_value.front() != 0;
      before = before || (sets && index < bind);
      after = after || (sets && index > bind);
    }
    EXPECT_TRUE(before || !after) << "sets SO_REUSEADDR only after bind(), where it has no effect";
    if (!before && !after) Note("SO_REUSEADDR is not set; BIND-09 judges that");
  }
}

// BIND-11: a privileged port is refused.
CHECK(PrivilegedPort, "BIND-11") {
  if (!subject().launch.Mentions("port")) NotApplicable("no {port} in its command");
  const StartUp start{Served(), End(), OwnListeners(SnapshotAt("after launch"))};
  for (const SocketRow& row : start.listeners) {
    if (PortOf(row.local) == 13) Inconclusive("it was allowed to bind port 13");
  }
  const std::string wrong =
      WrongRefusal(start, "though port 13 was asked for, which it may not bind");
  EXPECT_TRUE(wrong.empty()) << wrong;
}

// BIND-12: an address that is not local is refused.
CHECK(NonLocalAddress, "BIND-12") {
  if (!subject().launch.Mentions("address")) NotApplicable("no {address} in its command");
  const StartUp start{Served(), End(), OwnListeners(SnapshotAt("after launch"))};
  for (const SocketRow& row : start.listeners) {
    const std::string_view host = HostOf(row.local);
    if (host.find("192.0.2.1") != std::string_view::npos ||
        host.find("2001:db8::1") != std::string_view::npos) {
      Inconclusive("the kernel let it bind an address that is not local");
    }
  }
  const std::string wrong = WrongRefusal(start, "though no interface has the address asked for");
  EXPECT_TRUE(wrong.empty()) << wrong;
}

// BIND-13: a port that is out of range or no number is refused, not truncated.
CHECK(BadPorts, "BIND-13") {
  if (!subject().launch.Mentions("port")) NotApplicable("no {port} in its command");
  const std::string ports[] = {std::to_string(65536 + subject().port), kBadPorts[0], kBadPorts[1]};
  for (int run = 0; run < 3; ++run) {
    const StartUp start{Served(run), End(run), OwnListeners(SnapshotAt(ports[run]))};
    // It stays alive for its other services (rule F7).
    const bool lives_on = subject().launch.claims.super_server && !start.end.exited;
    if (lives_on && !start.served && start.listeners.empty()) continue;
    const std::string wrong =
        WrongRefusal(start, fmt::format("when its port is \"{}\"", ports[run]));
    EXPECT_TRUE(wrong.empty()) << wrong;
  }
}

}  // namespace
}  // namespace sockspec
