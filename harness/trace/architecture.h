// What differs between processor architectures: writing registers and making a tracee do a call.
//
// Reading needs nothing here: PTRACE_GET_SYSCALL_INFO is the same everywhere. One file for each
// architecture implements this; CMakeLists.txt chooses it.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>

namespace sockspec {

// e_machine of the programs whose calls can be followed.
extern const int kElfMachine;

// At a seccomp stop: the call does not happen, and the program sees -error.
void SkipCall(pid_t tid, int error);
// At a seccomp stop: the n-th argument (0-5) of the call about to happen.
void SetArgument(pid_t tid, int index, std::uint64_t value);
// At an exit stop: what the program sees as the result (-errno for errors).
void SetResult(pid_t tid, std::int64_t result);

// Makes a thread at a system-call exit stop do one more call and returns its result; its registers
// are put back. Signals that arrive meanwhile are re-sent. The call must not block.
std::int64_t InjectCall(pid_t tid, std::uint64_t number, const std::array<std::uint64_t, 6>& args);

}  // namespace sockspec
