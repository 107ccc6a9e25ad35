// A thread stopped by ptrace, as decoding sees it.
#include "harness/trace/tracee.h"

#include <sys/ptrace.h>
#include <sys/uio.h>

#include "harness/trace/architecture.h"

namespace sockspec {

std::size_t LiveTracee::Read(std::uint64_t address, void* into, std::size_t size) const {
  iovec local{into, size};
  iovec remote{reinterpret_cast<void*>(address), size};
  const ssize_t n = process_vm_readv(tid_, &local, 1, &remote, 1, 0);
  return n < 0 ? 0 : static_cast<std::size_t>(n);
}

bool LiveTracee::Write(std::uint64_t address, const void* from, std::size_t size) {
  iovec local{const_cast<void*>(from), size};
  iovec remote{reinterpret_cast<void*>(address), size};
  return process_vm_writev(tid_, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

void LiveTracee::SetArgument(int index, std::uint64_t value) {
  sockspec::SetArgument(tid_, index, value);
}

std::uint64_t StackPointer(pid_t tid) {
  __ptrace_syscall_info info{};
  if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info) == -1) return 0;
  return info.stack_pointer;
}

}  // namespace sockspec
