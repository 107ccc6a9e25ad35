// The first half of a server, step by step: socket, options, bind, listen. All throw Failure.
#pragma once

#include "reference/descriptor.h"
#include "reference/endpoint.h"

namespace sockspec::reference {

enum class Ipv6Scope { kBothFamilies, kIpv6Alone };

// The listener does not block: between poll() and accept() a client may have gone again.
Descriptor MakeListeningSocket(const Endpoint& endpoint);
void SetListenerOptions(int listener, const Endpoint& endpoint, Ipv6Scope scope);
void Bind(int listener, const Endpoint& endpoint);
void Listen(int listener, const Endpoint& endpoint, int backlog);

}  // namespace sockspec::reference
