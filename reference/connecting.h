// The first half of a client: socket, connect, with one address after the other.
#pragma once

#include <cstdio>
#include <vector>

#include "reference/descriptor.h"
#include "reference/endpoint.h"
#include "reference/failure.h"

namespace sockspec::reference {

// Waits for an interrupted connect() too. False with errno set.
bool Connect(int descriptor, const Endpoint& endpoint);

// A connected socket; for datagrams one that talks to this endpoint alone. `timeout` bounds the
// wait for a connection, in seconds; 0: as long as the kernel tries. Throws Failure.
Descriptor ConnectTo(const Endpoint& endpoint, int timeout);

// Returns what `attempt(endpoint)` returns for the first endpoint at which it does not throw a
// Failure; those before are reported on standard error. Throws the last one's.
template <typename Attempt>
auto WithFirst(const std::vector<Endpoint>& endpoints, Attempt attempt) {
  for (std::size_t i = 0; i + 1 < endpoints.size(); ++i) {
    try {
      return attempt(endpoints[i]);
    } catch (const Failure& failure) {
      std::fprintf(stderr, "%s; trying the next address\n", failure.what());
    }
  }
  return attempt(endpoints.back());
}

}  // namespace sockspec::reference
