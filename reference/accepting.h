// What every server model needs around accept(): waiting for a client, and accept's many errors.
#pragma once

#include <chrono>

#include "reference/server.h"

namespace sockspec::reference {

enum class Arrival { kClient, kStop };

// Sleeps until a client is in the queue or the program is asked to end, which goes first.
Arrival WaitForClient(int listener, const Endpoint& endpoint, const StopSignal& stop);

// The connection of the next client, or -1 with errno set. `flags` as for accept4().
int Accept(const Server& server, int flags = 0);

// Whether it makes sense to try again at once after accept(), or another `call` on the server's
// socket, failed with `error`: it lies with one client. False for want of descriptors or memory:
// the client stays in the queue, and poll() would return at once. Throws Failure where the call can
// never work.
bool IsPassing(const char* call, int error, const Endpoint& endpoint);

// How long a listener is left alone for want of descriptors or memory.
constexpr std::chrono::milliseconds kRest{100};

// Returns when it makes sense to try again; that is after a rest, where the error is not passing.
void RecoverFromError(const char* call, int error, const Endpoint& endpoint,
                      const StopSignal& stop);

// The same rest for a loop that has other clients to serve meanwhile.
class Rest {
 public:
  void Begin() { end_ = std::chrono::steady_clock::now() + kRest; }
  bool Over() const { return Left() <= std::chrono::milliseconds::zero(); }
  // The time-out for poll() and epoll_wait(): what is left of it, or -1.
  int TimeOut() const { return Over() ? -1 : static_cast<int>(Left().count()); }

 private:
  // Rounded up, so that a wait does not end before the rest.
  std::chrono::milliseconds Left() const {
    return std::chrono::ceil<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
  }

  std::chrono::steady_clock::time_point end_ = {};
};

}  // namespace sockspec::reference
