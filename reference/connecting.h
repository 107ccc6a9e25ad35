// The first half of a client: socket and connect, over all addresses of the host.
#pragma once

#include <vector>

#include "reference/descriptor.h"
#include "reference/endpoint.h"

namespace sockspec::reference {

// Connects to the first endpoint that answers, with a fresh socket for each. Throws the Failure of
// the last one, after it has said those of the others on standard error.
Descriptor ConnectToFirst(const std::vector<Endpoint>& endpoints);

// connect() that outlives a signal. False, with errno set, if it failed.
bool Connect(int descriptor, const Endpoint& endpoint);

}  // namespace sockspec::reference
