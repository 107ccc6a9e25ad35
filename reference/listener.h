// The first half of a server, step by step: socket, options, bind, listen. A server of datagrams
// does not listen. All throw Failure.
#pragma once

#include "reference/descriptor.h"
#include "reference/endpoint.h"

namespace sockspec::reference {

enum class Ipv6Scope { kBothFamilies, kIpv6Alone };

// The socket does not block: between poll() and accept() a client may have gone again, and a
// datagram with a wrong checksum goes between poll() and recvmsg().
Descriptor MakeListeningSocket(const Endpoint& endpoint);
void SetListenerOptions(int listener, const Endpoint& endpoint, Ipv6Scope scope);
void Bind(int listener, const Endpoint& endpoint);
void Listen(int listener, const Endpoint& endpoint, int backlog);

}  // namespace sockspec::reference
