// What every server model needs around accept(): waiting for a client, and accept's many errors.
#pragma once

#include "reference/server.h"

namespace sockspec::reference {

enum class Arrival { kClient, kStop };

// Sleeps until a client is in the queue or the program is asked to end, which goes first.
Arrival WaitForClient(int listener, const Endpoint& endpoint, const StopSignal& stop);

// The connection of the next client, or -1 with errno set. `flags` as for accept4().
int Accept(const Server& server, int flags = 0);

// After accept(), or another `call` on the server's socket, failed with `error`: returns when it
// makes sense to try again. Errors that lie with one client cost nothing; for want of descriptors
// or memory it pauses, since the client stays in the queue and poll() would return at once. Throws
// Failure where the call can never work.
void RecoverFromError(const char* call, int error, const Endpoint& endpoint,
                      const StopSignal& stop);

}  // namespace sockspec::reference
