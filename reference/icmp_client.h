// "ping" and "time" over raw sockets: ICMP echo, ICMPv6 echo and ICMP timestamp.
#pragma once

#include "reference/endpoint.h"
#include "reference/options.h"

namespace sockspec::reference {

// Sends `options.count` requests (1 unless said), each after the reply to the one before, and
// prints a line for each reply. Throws Failure, also where a reply does not come in time.
void AskByIcmp(const ClientOptions& options, const Endpoint& endpoint);

}  // namespace sockspec::reference
