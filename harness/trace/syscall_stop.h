// Letting a stopped thread run to its next system-call stop.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <vector>

namespace sockspec {

// What PTRACE_O_TRACESYSGOOD makes of the signal of a system-call stop.
inline constexpr int kSyscallStop = SIGTRAP | 0x80;

// Runs to the next system-call stop, and adds the signals that come in between to `signals`. Throws
// std::system_error (ESRCH) when the thread ends instead.
void RunToSyscallStop(pid_t tid, std::vector<int>* signals);

}  // namespace sockspec
