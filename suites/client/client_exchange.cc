// The ordinary exchange of a client: RFC 867, 868, 865 (the server sends and closes); connect(2).
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>

#include "harness/base/text.h"
#include "suites/client/client_evidence.h"

namespace sockspec {
namespace {

SCENARIO(ClientExchange, kClient, kAllTransports, "the server sends its reply and closes") {
  Listen();
  Launch();
  Accept().Serve();
  WaitForExit();
  // What becomes of the client's own path.
  if (transport() == Transport::kUnixDgram) TakeSnapshot("after exit");
}

constexpr const char* kOtherIpv4 = "127.0.0.3";
constexpr const char* kOtherIpv6 = "fd00::3";

std::string OtherAddress(Transport transport, const std::string& path) {
  if (IsUnix(transport)) return path + ".other";
  return Family(transport) == AF_INET6 ? kOtherIpv6 : kOtherIpv4;
}

// A program that is given no address has but one endpoint: the ordinary one.
bool TakesAddress(const LaunchSpec& launch) {
  return launch.Mentions("host") || launch.Mentions("address") || launch.Mentions("path");
}

SCENARIO(ClientOtherEndpoint, kClient, kAllTransports,
         "the server has another address than in all other scenarios",
         .extra_addresses = {kOtherIpv6}) {
  const std::string other = OtherAddress(transport(), path());
  if (!TakesAddress(launch())) {
    Listen();
    Launch();
  } else if (IsUnix(transport())) {
    Listen({.path = other});
    Launch({.path = other});
  } else {
    Listen({.address = other});
    Launch({.address = other});
  }
  Accept().Serve();
  WaitForExit();
}

// CLI-01: the client connects to the endpoint that it was given, and to no other.
CHECK(ClientExchange, "CLI-01") {
  const std::string endpoint = Endpoint(subject());
  if (!SessionOf(AllConversations())) {
    const std::string end = End().exited ? "" : "; it " + WhyNotEnded(timeline());
    ADD_FAILURE() << fmt::format("never {} {}{}", SendsTo(transport()), endpoint, end);
    return;
  }
  if (!subject().traced) return;
  Calls("connect");
  const std::string other = OtherPeer(timeline(), endpoint);
  EXPECT_TRUE(other.empty()) << fmt::format("connects to {}, though told to connect to {}", other,
                                            endpoint);
}

// CLI-01: nor is the address built in.
CHECK(ClientOtherEndpoint, "CLI-01") {
  const bool given = TakesAddress(subject().launch);
  const std::string endpoint =
      Endpoint(subject(), given ? OtherAddress(transport(), subject().path) : "");
  const ProgramEnd end = End();
  EXPECT_TRUE(SessionOf(AllConversations()).has_value())
      << fmt::format("never {} {}, where it was told to", SendsTo(transport()), endpoint)
      << (end.exited ? "" : "; it " + WhyNotEnded(timeline()));
}

// CLI-02: what it received is on standard output, unchanged and complete.
CHECK(ClientExchange, "CLI-02") {
  const std::optional<Conversation> session = SessionOf(AllConversations());
  if (!subject().definition.ServerSpeaksFirst() && session && session->received.empty()) {
    Inconclusive("it sends nothing that could be sent back: it is given its standard input");
  }
  const std::string wrong = WrongOutput(subject(), Output(), AllConversations());
  EXPECT_TRUE(wrong.empty()) << wrong;
  if (Decodes(subject())) Note("the client decodes the reply: its output was not compared");
}

// CLI-03: success gives status 0.
CHECK(ClientExchange, "CLI-03") {
  const std::string wrong = WrongSuccess(timeline(), End());
  EXPECT_TRUE(wrong.empty()) << wrong << " after an ordinary exchange";
}

// CLI-12: no explicit local port; the kernel picks one.
CHECK(ClientExchange, "CLI-12") {
  const Conversation session = TheConversation();
  for (const Call& call : Calls("bind")) {
    const std::optional<Call> made = MakerOf(timeline(), call.on_socket);
    if (!made || made->type != SOCK_STREAM || made->family == AF_UNIX) continue;
    EXPECT_TRUE(call.address.ends_with(":0")) << fmt::format(
        "binds its socket to {}, so that a second client at the same time fails", call.address);
  }
  EXPECT_THAT(session, Connected());
}

// CLI-13: the client needs no input and sends nothing.
CHECK(ClientExchange, "CLI-13") {
  const Conversation session = TheConversation();
  if (!End().exited) {
    ADD_FAILURE() << WhyNotEnded(timeline()) << ", while its standard input stays silent";
    return;
  }
  const bool line_ends_only = session.received.find_first_not_of("\r\n") == std::string::npos;
  constexpr std::size_t kOneLineEnd = 2;
  if (!session.received.empty() && line_ends_only && session.received.size() <= kOneLineEnd) {
    Note("sends an empty line, which the server discards");
    return;
  }
  EXPECT_THAT(session, ReceivedNothing());
}

// Whether a program that had not come to rest when the watchdog's time was over had been running
// all the time: not one that a busy machine had kept waiting.
bool HasWorked(const Timeline& timeline) {
  constexpr std::int64_t kBusyPercent = 20;
  const std::vector<int> ends = timeline.OfKind(EventKind::kDeadline);
  return !ends.empty() && timeline[ends.back()].number >= kBusyPercent;
}

// RD-03: at the end of the stream the client finishes, and does not spin.
CHECK(ClientExchange, "RD-03") {
  constexpr int kSpin = 1000;
  TheConversation();
  if (DeadlineReached() && !HasWorked(timeline())) {
    Inconclusive("it hardly got to run before the watchdog's time was over");
  }
  EXPECT_TRUE(End().exited) << WhyNotEnded(timeline())
                            << " after the server has closed the connection";
  if (!subject().traced) return;
  int ends_read = 0;
  for (const Call& call : Calls("re*", SocketRole::kClient)) {
    if (call.error == 0 && call.result == 0 && call.length > 0) ++ends_read;
  }
  EXPECT_TRUE(ends_read < kSpin) << fmt::format(
      "spins: reads the end of the stream {} times or more", kSpin);
}

// FAM-08: the socket that connects is of the transport's type.
CHECK(ClientExchange, "FAM-08") {
  int judged = 0;
  if (SocketType(transport()) == SOCK_DGRAM) {
    // That its datagram has come says it.
    if (!SessionOf(AllConversations())) Inconclusive("nothing came from the client");
    return;
  }
  const std::vector<Call> made = Calls("socket");
  for (const Call& connect : Calls("connect")) {
    if (!SameEndpoint(connect.address, Endpoint(subject()))) continue;
    for (const Call& call : made) {
      if (call.error != 0 || call.socket != connect.on_socket) continue;
      // Resolvers connect datagram sockets beside the one that talks.
      if (call.type == SOCK_DGRAM && SessionOf(AllConversations())) continue;
      ++judged;
      EXPECT_TRUE(call.type == SocketType(transport()))
          << fmt::format("connects a socket of type {}, where {} needs type {}", call.type,
                         Name(transport()), SocketType(transport()));
    }
  }
  if (judged == 0) Inconclusive("the socket() call of the connection was not seen");
}

// FAM-09: protocol is 0 or the one of the transport; of a socket() that fails as well.
CHECK(ClientExchange, "FAM-09") {
  int judged = 0;
  for (const Call& call : Calls("socket")) {
    const bool internet = call.family == AF_INET || call.family == AF_INET6;
    if (call.type != SocketType(transport()) || internet == IsUnix(transport())) continue;
    ++judged;
    const bool mptcp = IsTcp(transport()) && call.protocol == IPPROTO_MPTCP;
    const bool matches = call.protocol == 0 || mptcp ||
                         (IsTcp(transport()) && call.protocol == IPPROTO_TCP) ||
                         (IsUdp(transport()) && call.protocol == IPPROTO_UDP) ||
                         (IsUnix(transport()) && call.protocol == PF_UNIX);
    EXPECT_TRUE(matches) << fmt::format("passes protocol {} to socket(), not 0 or the one of {}",
                                        call.protocol, Name(transport()));
    if (mptcp) Note("tries MPTCP");
  }
  if (judged == 0) Inconclusive("the socket() call of the connection was not seen");
}

// UNX-10: it has an address, so that it can be answered, and leaves no path behind.
CHECK(ClientExchange, "UNX-10") {
  const std::optional<Conversation> session = SessionOf(AllConversations());
  if (!session) Inconclusive("nothing came from the client");
  if (session->address == "unnamed") {
    ADD_FAILURE() << "sends from a socket without a name, so that nobody can answer it";
    return;
  }
  const std::string wrong = WrongOutput(subject(), Output(), AllConversations());
  EXPECT_TRUE(wrong.empty()) << wrong;
  const Snapshot after = SnapshotAt("after exit");
  if (session->address.starts_with('@')) return;
  EXPECT_TRUE(after.path_kind == "missing")
      << fmt::format("leaves its {} at {} behind", after.path_kind, session->address);
}

// FAM-12: sin6_flowinfo and sin6_scope_id are 0, but for link-local addresses.
CHECK(ClientExchange, "FAM-12") {
  constexpr int kIpv6Shortest = 24;  // without sin6_scope_id
  int judged = 0;
  const std::vector<int> connects = EndpointConnects(timeline(), Endpoint(subject()), transport());
  Examine(connects);
  for (const int index : connects) {
    const Call& call = CallAt(index);
    if (call.address_length < kIpv6Shortest || call.address.starts_with("[fe80")) continue;
    ++judged;
    EXPECT_TRUE(call.flow_info == 0)
        << fmt::format("connects with sin6_flowinfo {:#x}, not 0", call.flow_info);
    EXPECT_TRUE(call.scope_id == 0)
        << fmt::format("connects with sin6_scope_id {}, not 0", call.scope_id);
  }
  if (judged == 0) Inconclusive("no call with the server's address was seen");
}

// UNX-09: the address length covers the path.
CHECK(ClientExchange, "UNX-09") {
  int judged = 0;
  for (const Call& call : Calls("*")) {
    const bool names_server = call.name == "connect" || call.name.starts_with("send");
    if (!names_server || call.address_length < 0) continue;
    // A length that is too short cuts the path, so that the beginning alone is seen.
    if (call.address.empty() || !subject().path.starts_with(call.address)) continue;
    ++judged;
    const int shortest = static_cast<int>(offsetof(sockaddr_un, sun_path) + subject().path.size());
    EXPECT_TRUE(call.address_length >= shortest &&
                call.address_length <= static_cast<int>(sizeof(sockaddr_un)))
        << fmt::format("passes length {} to connect(), where {} needs {} to {}",
                       call.address_length, Quote(subject().path), shortest + 1,
                       sizeof(sockaddr_un));
    if (call.address_length == shortest) {
      Note("the length leaves out the path's terminating NUL, which Linux alone accepts");
    }
  }
  if (judged == 0) Inconclusive("no connect() call to the path was seen");
}

}  // namespace
}  // namespace sockspec
