// The worker's own user, network, pid, mount, IPC and UTS namespaces.
#pragma once

namespace sockspec {

// Unshares all of them and maps the caller's user and group to themselves; the caller then has
// every capability inside, and its next child is pid 1 there. `proc` is a descriptor on /proc. The
// caller must be single-threaded (EINVAL otherwise). Throws std::system_error.
void UnshareNamespaces(int proc);

}  // namespace sockspec
