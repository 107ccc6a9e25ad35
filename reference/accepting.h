// What every server model needs around accept(): waiting for a client, and accept's many errors.
#pragma once

#include "reference/endpoint.h"
#include "reference/stop_signal.h"

namespace sockspec::reference {

enum class Arrival { kClient, kStop };

// Sleeps until a client is in the queue or the program is asked to end, which goes first.
Arrival WaitForClient(int listener, const Endpoint& endpoint, const StopSignal& stop);

// After accept() failed with `error`: returns when it makes sense to accept again. Errors that lie
// with one client cost nothing; for want of descriptors or memory it pauses, since the client stays
// in the queue and poll() would return at once. Throws Failure where accept() can never work.
void RecoverFromAcceptError(int error, const Endpoint& endpoint, const StopSignal& stop);

}  // namespace sockspec::reference
