// x86-64: registers by PTRACE_GETREGS and POKEUSER.
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/reg.h>
#include <sys/user.h>

#include <csignal>
#include <cstddef>
#include <vector>

#include "harness/base/error.h"
#include "harness/trace/architecture.h"
#include "harness/trace/syscall_stop.h"

#ifndef __x86_64__
#error "this file is for x86-64"
#endif

namespace sockspec {

const int kElfMachine = EM_X86_64;

namespace {

void Poke(pid_t tid, std::size_t offset, std::uint64_t value) {
  CheckCall(ptrace(PTRACE_POKEUSER, tid, offset, value), "ptrace(PTRACE_POKEUSER, {}, {})", tid,
            offset);
}

constexpr std::size_t kArgumentOffset[] = {
    offsetof(user_regs_struct, rdi), offsetof(user_regs_struct, rsi),
    offsetof(user_regs_struct, rdx), offsetof(user_regs_struct, r10),
    offsetof(user_regs_struct, r8),  offsetof(user_regs_struct, r9)};

constexpr int kSyscallInstructionLength = 2;

}  // namespace

void SkipCall(pid_t tid, int error) {
  Poke(tid, offsetof(user_regs_struct, orig_rax), static_cast<std::uint64_t>(-1));
  Poke(tid, offsetof(user_regs_struct, rax), static_cast<std::uint64_t>(-error));
}

void SetArgument(pid_t tid, int index, std::uint64_t value) {
  Poke(tid, kArgumentOffset[index], value);
}

void SetResult(pid_t tid, std::int64_t result) {
  Poke(tid, offsetof(user_regs_struct, rax), static_cast<std::uint64_t>(result));
}

std::int64_t InjectCall(pid_t tid, std::uint64_t number, const std::array<std::uint64_t, 6>& args) {
  user_regs_struct saved{};
  CheckCall(ptrace(PTRACE_GETREGS, tid, 0, &saved), "ptrace(PTRACE_GETREGS, {})", tid);
  user_regs_struct regs = saved;
  regs.rip -= kSyscallInstructionLength;  // the instruction that led to this stop
  regs.rax = number;
  regs.rdi = args[0], regs.rsi = args[1], regs.rdx = args[2];
  regs.r10 = args[3], regs.r8 = args[4], regs.r9 = args[5];
  CheckCall(ptrace(PTRACE_SETREGS, tid, 0, &regs), "ptrace(PTRACE_SETREGS, {})", tid);
  std::vector<int> signals;
  RunToSyscallStop(tid, &signals);  // entry
  RunToSyscallStop(tid, &signals);  // exit
  CheckCall(ptrace(PTRACE_GETREGS, tid, 0, &regs), "ptrace(PTRACE_GETREGS, {})", tid);
  CheckCall(ptrace(PTRACE_SETREGS, tid, 0, &saved), "ptrace(PTRACE_SETREGS, {})", tid);
  for (int signal : signals) kill(tid, signal);
  return static_cast<std::int64_t>(regs.rax);
}

}  // namespace sockspec
