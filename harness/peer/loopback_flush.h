// That all which was sent over the loopback interface has arrived.
//
// A datagram sent over loopback goes into a queue of the processor on which its sender ran, and is
// mostly delivered before the send call returns. Mostly: on a busy host a kernel thread may do it
// later (ksoftirqd; usual before Linux 6.5). The queue is first in, first out
// (process_backlog() in net/core/dev.c). So a datagram of our own, sent from the same processor
// afterwards, arrives after all that was before it.
#pragma once

#include <cstdint>

#include "harness/base/owned_fd.h"
#include "harness/base/socket_address.h"

namespace sockspec {

class LoopbackFlush {
 public:
  // Make it in the network namespace that is to be flushed. Throws std::system_error.
  LoopbackFlush();

  // Returns when everything that anyone had sent over loopback before the call, from a processor
  // that this process may use as well, has been delivered or thrown away. Moves the calling thread
  // from processor to processor and back: some 20 us for each.
  void Wait();

  // The port of our own datagrams (UDP over IPv4), to be left out of captures.
  int port() const { return address_.port(); }

 private:
  // From the processor on which the thread is now.
  void WaitHere();

  OwnedFd fd_;
  SocketAddress address_;
  std::uint64_t number_ = 0;  // of the latest datagram
};

}  // namespace sockspec
