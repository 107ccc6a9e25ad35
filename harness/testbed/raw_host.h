// The network in which the harness plays a host for clients over raw sockets.
#pragma once

#include "harness/base/transport.h"
#include "harness/sandbox/sandbox.h"

namespace sockspec {

// The addresses and routes that harness/peer/raw_peer.h counts on.
void AddRawHost(Transport transport, SandboxOptions* options);

}  // namespace sockspec
