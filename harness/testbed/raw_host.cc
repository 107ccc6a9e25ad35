// Addresses, routes, and the kernel's silence.
#include "harness/testbed/raw_host.h"

#include <sys/socket.h>

#include <string>

#include "harness/base/raw_packet.h"
#include "harness/peer/raw_peer.h"

namespace sockspec {

void AddRawHost(Transport transport, SandboxOptions* options) {
  const std::string host = RawHostAddress(transport);
  options->extra_addresses.push_back(RawClientAddress(transport));
  if (Family(transport) == AF_INET6) {
    options->no_echo_over_ipv6 = true;
    return;
  }
  options->dead_routes.push_back({.destination = host, .end = DeadRoute::End::kSilent});
  options->dead_routes.push_back(
      {.destination = host, .end = DeadRoute::End::kUnreachable, .type_of_service = kUnanswerable});
}

}  // namespace sockspec
