// arm64: registers by NT_PRSTATUS, the call's number by NT_ARM_SYSTEM_CALL.
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#include <csignal>
#include <vector>

#include "harness/base/error.h"
#include "harness/trace/architecture.h"
#include "harness/trace/syscall_stop.h"

#ifndef __aarch64__
#error "this file is for arm64"
#endif

namespace sockspec {

const int kElfMachine = EM_AARCH64;

namespace {

constexpr int kNumberRegister = 8;
constexpr int kInstructionLength = 4;

template <typename Value>
void Get(pid_t tid, int set, Value* value) {
  iovec place{value, sizeof *value};
  CheckCall(ptrace(PTRACE_GETREGSET, tid, set, &place), "ptrace(PTRACE_GETREGSET, {}, {})", tid,
            set);
}

template <typename Value>
void Set(pid_t tid, int set, Value value) {
  iovec place{&value, sizeof value};
  CheckCall(ptrace(PTRACE_SETREGSET, tid, set, &place), "ptrace(PTRACE_SETREGSET, {}, {})", tid,
            set);
}

void SetRegister(pid_t tid, int index, std::uint64_t value) {
  user_regs_struct registers{};
  Get(tid, NT_PRSTATUS, &registers);
  registers.regs[index] = value;
  Set(tid, NT_PRSTATUS, registers);
}

}  // namespace

void SkipCall(pid_t tid, int error) {
  Set(tid, NT_ARM_SYSTEM_CALL, int{-1});
  SetRegister(tid, 0, static_cast<std::uint64_t>(-error));
}

void SetArgument(pid_t tid, int index, std::uint64_t value) { SetRegister(tid, index, value); }

void SetResult(pid_t tid, std::int64_t result) {
  SetRegister(tid, 0, static_cast<std::uint64_t>(result));
}

std::int64_t InjectCall(pid_t tid, std::uint64_t number, const std::array<std::uint64_t, 6>& args) {
  user_regs_struct saved{};
  int saved_number = 0;
  Get(tid, NT_PRSTATUS, &saved);
  Get(tid, NT_ARM_SYSTEM_CALL, &saved_number);
  user_regs_struct registers = saved;
  registers.pc -= kInstructionLength;  // the instruction that led to this stop
  registers.regs[kNumberRegister] = number;
  for (std::size_t i = 0; i < args.size(); ++i) registers.regs[i] = args[i];
  Set(tid, NT_PRSTATUS, registers);
  std::vector<int> signals;
  RunToSyscallStop(tid, &signals);  // entry
  RunToSyscallStop(tid, &signals);  // exit
  Get(tid, NT_PRSTATUS, &registers);
  Set(tid, NT_PRSTATUS, saved);
  Set(tid, NT_ARM_SYSTEM_CALL, saved_number);
  for (int signal : signals) kill(tid, signal);
  return static_cast<std::int64_t>(registers.regs[0]);
}

}  // namespace sockspec
