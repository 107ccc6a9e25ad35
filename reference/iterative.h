// The server model "one client after the other". Other models have the same signature.
#pragma once

#include "reference/endpoint.h"
#include "reference/services.h"
#include "reference/stop_signal.h"

namespace sockspec::reference {

// Accepts and serves until the program is asked to end. Throws Failure.
void ServeIteratively(int listener, const Endpoint& endpoint, const StopSignal& stop,
                      ServeFunction serve);

}  // namespace sockspec::reference
