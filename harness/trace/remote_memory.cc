// Reading and writing the memory of a traced thread.
#include "harness/trace/remote_memory.h"

#include <sys/uio.h>

namespace sockspec {

std::size_t ReadMemory(pid_t tid, std::uint64_t address, void* into, std::size_t size) {
  iovec local{into, size};
  iovec remote{reinterpret_cast<void*>(address), size};
  const ssize_t n = process_vm_readv(tid, &local, 1, &remote, 1, 0);
  return n < 0 ? 0 : static_cast<std::size_t>(n);
}

bool WriteMemory(pid_t tid, std::uint64_t address, const void* from, std::size_t size) {
  iovec local{const_cast<void*>(from), size};
  iovec remote{reinterpret_cast<void*>(address), size};
  return process_vm_writev(tid, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

}  // namespace sockspec
