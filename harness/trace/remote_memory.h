// Reading and writing the memory of a traced thread (process_vm_readv(2)).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace sockspec {

// Copies up to `size` bytes; returns how many could be read (0 where the pointer is bad: the
// program under test may pass anything).
std::size_t ReadMemory(pid_t tid, std::uint64_t address, void* into, std::size_t size);
// True when all was written.
bool WriteMemory(pid_t tid, std::uint64_t address, const void* from, std::size_t size);

template <typename T>
bool ReadValue(pid_t tid, std::uint64_t address, T* value) {
  return ReadMemory(tid, address, value, sizeof(T)) == sizeof(T);
}

}  // namespace sockspec
