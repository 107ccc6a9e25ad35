// The loopback interface and the settings of the sandbox's own network namespace.
#pragma once

#include "harness/sandbox/sandbox.h"

namespace sockspec {

// Writes the settings that differ from a new namespace's (through `proc`, a descriptor on the outer
// /proc), brings lo up and adds the extra addresses. Throws std::system_error.
void PrepareNetwork(int proc, const SandboxOptions& options, const HostAbilities& abilities);

}  // namespace sockspec
