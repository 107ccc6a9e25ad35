// Starting on an endpoint that another process serves: bind(2) EADDRINUSE, socket(7) SO_REUSEPORT,
// unix(7).
#include <fmt/format.h>

#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

SCENARIO(EndpointInUse, kServer, kAllTransports, "launched where another process listens") {
  OccupyEndpoint();
  Launch();
  TakeSnapshot("after launch");
}

SCENARIO(EndpointShared, kServer, kTcp,
         "launched where another process of the same user listens with SO_REUSEPORT") {
  OccupyEndpoint(Sharing::kReusePort);
  Launch();
  TakeSnapshot("after launch");
}

// The program's listeners on another port than the one asked for.
std::vector<SocketRow> Elsewhere(const Snapshot& snapshot, int port) {
  std::vector<SocketRow> rows;
  for (const SocketRow& row : OwnListeners(snapshot)) {
    if (PortOf(row.local) != port) rows.push_back(row);
  }
  return rows;
}

// BIND-07: an endpoint in use ends the start-up with a status other than 0.
CHECK(EndpointInUse, "BIND-07") {
  const Snapshot after = SnapshotAt("after launch");
  const StartUp start{Served() && Listener(after).has_value(), End(), OwnListeners(after)};
  const std::string wrong = WrongStart(start, "though its port is in use");
  EXPECT_TRUE(wrong.empty()) << wrong;
}

// BIND-08: it does not move silently to another port.
CHECK(EndpointInUse, "BIND-08") {
  const std::vector<SocketRow> rows = Elsewhere(SnapshotAt("after launch"), subject().port);
  EXPECT_TRUE(rows.empty()) << fmt::format("moves away from port {}, which is in use: {}",
                                           subject().port, Listing(rows));
}

CHECK(EndpointShared, "BIND-08") {
  const std::vector<SocketRow> rows = Elsewhere(SnapshotAt("after launch"), subject().port);
  EXPECT_TRUE(rows.empty()) << fmt::format("moves away from port {}, which is in use: {}",
                                           subject().port, Listing(rows));
}

// BIND-16: it does not share the port with its owner.
CHECK(EndpointShared, "BIND-16") {
  if (subject().launch.claims.workers) NotApplicable("its workers share the port by declaration");
  const Snapshot after = SnapshotAt("after launch");
  EXPECT_FALSE(Listener(after).has_value()) << fmt::format(
      "shares port {} with another process's listener (SO_REUSEPORT)", subject().port);
}

// UNX-11: it does not take over the path of a live server.
CHECK(EndpointInUse, "UNX-11") {
  const Snapshot after = SnapshotAt("after launch");
  const StartUp start{Served(), End(), OwnListeners(after)};
  const std::string wrong =
      WrongRefusal(start, fmt::format("at {}, where another server is alive", subject().path));
  EXPECT_TRUE(wrong.empty()) << wrong;
  EXPECT_TRUE(after.path_kind == "socket")
      << fmt::format("leaves the path of a live server {}", after.path_kind);
}

// DIA-03: a failed start gives an exit status from 1 to 255.
CHECK(EndpointInUse, "DIA-03") {
  if (Served()) Inconclusive("it started all the same");
  EXPECT_THAT(End(), ExitedWithFailure());
}

}  // namespace
}  // namespace sockspec
