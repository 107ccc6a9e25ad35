// Address families, socket type and protocol: socket(2), ip(7), ipv6(7).
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <set>

#include "harness/base/error.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

SCENARIO(UnsupportedFamilies, kServer, kAllTransports,
         "launched for AppleTalk, then for PUP: families that the host does not have") {
  for (const char* family : {"appletalk", "pup"}) {
    Launch({.transport = family});
    TakeSnapshot(family);
    Kill();
  }
}

// More sockets no program opens to serve one endpoint, look-ups included.
constexpr int kMostSockets = 16;

SCENARIO(SocketFails, kServer, kAllTransports,
         "the n-th socket() of the endpoint's family fails, with EMFILE and then, in a second run, "
         "with ENOBUFS",
         .sweep = kMostSockets) {
  for (const int error : {EMFILE, ENOBUFS}) {
    Launch({.faults = {{.call = CallClass::kSocket,
                        .family = Family(transport()),
                        .first = SweepStep(),
                        .error = error}}});
    TakeSnapshot(ErrnoName(error));
    Kill();
    ClearPath();
  }
}

// What a refusal to serve an unsupported family lacks; empty where it is one.
std::string WrongFamilyRefusal(const StartUp& start, const std::string& error_output,
                               std::string_view family) {
  const std::string cause = fmt::format("when it is told to serve {}", family);
  const std::string wrong = WrongRefusal(start, cause);
  if (!wrong.empty()) return wrong;
  if (start.end.signal != 0) return fmt::format("is killed by a signal {}", cause);
  if (error_output.empty()) return fmt::format("says nothing on standard error {}", cause);
  return "";
}

bool OpenedFamily(const std::vector<Call>& calls, int family) {
  for (const Call& call : calls) {
    if (call.family == family && call.error == 0) return true;
  }
  return false;
}

// FAM-06: an unsupported family is refused with a message and a status other than 0.
CHECK(UnsupportedFamilies, "FAM-06") {
  const StartUp start{Served(0), End(0), OwnListeners(SnapshotAt("appletalk"))};
  if (start.served && subject().traced && OpenedFamily(Calls("socket"), AF_APPLETALK)) {
    Inconclusive("this kernel has AppleTalk");
  }
  const std::string wrong = WrongFamilyRefusal(start, ErrorOutput(0), "AppleTalk");
  EXPECT_TRUE(wrong.empty()) << wrong;
}

// FAM-07: PUP, which Linux never had, is refused likewise.
CHECK(UnsupportedFamilies, "FAM-07") {
  const StartUp start{Served(1), End(1), OwnListeners(SnapshotAt("pup"))};
  const std::string wrong = WrongFamilyRefusal(start, ErrorOutput(1), "PUP");
  EXPECT_TRUE(wrong.empty()) << wrong;
}

// FAM-08: the listening socket is of the transport's type; where none ever listened, what was
// bound.
CHECK(Exchanges, "FAM-08") {
  Calls("socket");
  std::set<int> sockets;
  if (SocketType(transport()) != SOCK_DGRAM) sockets = ListeningSockets(timeline());
  if (sockets.empty()) {
    for (const int index : EndpointBinds(timeline(), transport()))
      sockets.insert(CallAt(index).on_socket);
  }
  int judged = 0;
  for (const int socket : sockets) {
    const std::optional<Call> made = MadeBy(timeline(), socket);
    if (!made.has_value()) continue;
    ++judged;
    EXPECT_TRUE(made->type == SocketType(transport()))
        << fmt::format("binds a socket of type {}, where {} needs type {}", made->type,
                       Name(transport()), SocketType(transport()));
  }
  if (judged == 0) NotApplicable("it made no socket for clients itself");
}

// FAM-09: protocol is 0 or the one of the transport, in calls that fail as well.
CHECK(Exchanges, "FAM-09") {
  int judged = 0;
  for (const Call& call : Calls("socket")) {
    if (call.family != Family(transport()) || call.type != SocketType(transport())) continue;
    ++judged;
    const bool matches =
        call.protocol == 0 || (IsUdp(transport()) && call.protocol == IPPROTO_UDP) ||
        (IsUnix(transport()) && call.protocol == PF_UNIX) ||
        (IsTcp(transport()) && (call.protocol == IPPROTO_TCP || call.protocol == IPPROTO_MPTCP));
    EXPECT_TRUE(matches) << fmt::format("passes protocol {} to socket(), not 0 or the one of {}",
                                        call.protocol, Name(transport()));
    if (matches && call.protocol == IPPROTO_MPTCP) Note("asks for MPTCP");
  }
  if (judged == 0) NotApplicable("it made no socket for clients itself");
}

// FAM-10: a failing socket() ends the start-up.
CHECK(SocketFails, "FAM-10") {
  int judged = 0;
  for (const auto& [run, label] : {std::pair(0, "EMFILE"), std::pair(1, "ENOBUFS")}) {
    bool injected = false;
    for (const int index : CallIndices("socket")) {
      injected = injected || (timeline()[index].run == run && CallAt(index).injected);
    }
    if (!injected) continue;
    ++judged;
    const StartUp start{Served(run), End(run), OwnListeners(SnapshotAt(label))};
    const std::string wrong =
        WrongStart(start, fmt::format("after socket() failed with {}", label));
    EXPECT_TRUE(wrong.empty()) << wrong;
  }
  if (judged == 0) NotApplicable("it makes no socket of its own");
}

// FAM-12: sin6_flowinfo and sin6_scope_id are 0, but for link-local addresses.
CHECK(Exchanges, "FAM-12") {
  CallIndices("bind");
  int judged = 0;
  for (const int index : EndpointBinds(timeline(), transport())) {
    const Call& call = CallAt(index);
    const std::optional<Call> made = MadeBy(timeline(), call.on_socket);
    if (!made.has_value() || made->family != AF_INET6 || call.address_length < 24) continue;
    if (HostOf(call.address).starts_with("[fe80") || call.address.starts_with("fe80")) continue;
    ++judged;
    EXPECT_TRUE(call.flow_info == 0)
        << fmt::format("binds with sin6_flowinfo {:#x}, not 0", call.flow_info);
    EXPECT_TRUE(call.scope_id == 0)
        << fmt::format("binds with sin6_scope_id {}, not 0", call.scope_id);
  }
  if (judged == 0) NotApplicable("it binds no IPv6 socket itself");
}

}  // namespace
}  // namespace sockspec
