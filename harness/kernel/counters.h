// Counters of the network namespace that say why connections were reset or lost.
#pragma once

#include <cstdint>

namespace sockspec {

// From TcpExt; -1: the kernel does not count it. They count the whole namespace, from its
// beginning: exact in a fresh one, and compared before and after elsewhere.
struct TcpCounters {
  std::int64_t abort_on_close = -1;    // closed with unread data: a reset was sent
  std::int64_t abort_on_data = -1;     // data came for a socket that was closed: a reset was sent
  std::int64_t listen_overflows = -1;  // a connection found the backlog full
};

// Reads thread-self/net/netstat: of the calling thread's namespace. Throws std::system_error.
TcpCounters ReadTcpCounters(int proc_fd);

}  // namespace sockspec
