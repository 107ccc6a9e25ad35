// Socket tables as /proc/net prints them: the fallback where the kernel has no sock_diag.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "harness/kernel/socket_table.h"

namespace sockspec {

// "LISTEN", "ESTABLISHED", ... of a TCP state's number; "STATE 99" for one that is unknown.
std::string TcpStateName(int state);

// The rows of /proc/net/tcp, tcp6, udp and udp6 that `wanted` takes. Of a listener the queue is
// known but not its backlog (-1); v6_only is not known.
std::vector<InetSocket> ParseProcInet(std::string_view table, int family,
                                      const std::function<bool(const InetSocket&)>& wanted);

// The rows of /proc/net/unix; no queues (-1), no peers. Zero bytes in an abstract name read as @.
std::vector<UnixSocket> ParseProcUnix(std::string_view table);

}  // namespace sockspec
