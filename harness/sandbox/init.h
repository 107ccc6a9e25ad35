// The tiny pid 1 of the sandbox.
#pragma once

#include <sys/types.h>

namespace sockspec {

struct InitOptions {
  bool fresh_proc = false;       // mount a new, read-only /proc
  bool limit_processes = false;  // lower pid_max, for users whom RLIMIT_NPROC does not bind
};

// What the caller's user needs on this kernel. RLIMIT_NPROC does not bind the host's root; for him
// the number of processes is limited by pid_max, which is the namespace's own since Linux 6.14
// (before, it would be the host's).
InitOptions InitOptionsFor(bool fresh_proc);

// Starts pid 1 of the pid namespace that the caller's children go to, and returns when it is ready.
// It does nothing but live: orphans are reaped by the kernel (SIGCHLD ignored), no descriptor stays
// open, and it dies with the caller. It shares the caller's memory, which saves copying page tables
// for each scenario; it keeps its capabilities so that the program under test, which has none, may
// not trace it. Call once at a time in a process. Throws std::system_error.
pid_t StartInit(const InitOptions& options);

}  // namespace sockspec
