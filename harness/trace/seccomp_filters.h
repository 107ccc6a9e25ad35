// The seccomp programs that decide at which system calls a traced program stops.
//
// A program's start-up should cost nothing, so filter A (installed before exec) stops at socket
// calls, waits and a few others, and filter B (read, write, close ...) is added by the tracer once
// the program has its first socket. Everything else runs at full speed. io_uring_setup is answered
// with ENOSYS, since io_uring does socket calls that no tracer sees (runtimes then fall back);
// foreign architectures are killed, as their call numbers would be misread.
#pragma once

#include <linux/filter.h>

#include <vector>

namespace sockspec {

using SeccompProgram = std::vector<sock_filter>;

struct SeccompFilters {
  SeccompProgram at_start;     // A
  SeccompProgram with_socket;  // B
  // Besides A. Runtimes install a handler for each signal there is when they start.
  SeccompProgram signal_actions;  // where its signal handlers matter
  SeccompProgram own_clock;       // where its wall clock is to be moved
  SeccompProgram opens;           // added after listen() where a fault aims at open()
};

// Built once (by libseccomp) before workers are forked.
const SeccompFilters& TracingFilters();

// Installs a program for the calling process. Async-signal-safe. Needs no_new_privs. Returns errno
// or 0.
int InstallFilter(const SeccompProgram& program) noexcept;

}  // namespace sockspec
