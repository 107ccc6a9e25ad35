// A network namespace for the namespaces of sandboxes to be made in.
//
// A new network namespace shares the host's table of TCP connections, with its hundreds of
// thousands of places, and whoever lists its connections waits for a walk through all of them:
// 2 ms. Where the namespace in which it is made says so (tcp_child_ehash_entries, Linux 6.1), it
// gets a small table of its own: 12 us.
#pragma once

namespace sockspec {

// Makes it; once, in the process that forks workers. Where this host does not allow it, nothing
// happens: it is only slower.
void MakeParentNetwork();

// Enters it and the user namespace that owns it, if it was made; in a worker, before
// UnshareNamespaces. Throws std::system_error.
void EnterParentNetwork();

}  // namespace sockspec
