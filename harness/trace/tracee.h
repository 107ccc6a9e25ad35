// What decoding reads of a stopped thread and what it changes there. An interface, so that decoding
// can be tested and fuzzed on memory that no process has.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace sockspec {

class Tracee {
 public:
  virtual ~Tracee() = default;
  // Copies up to `size` bytes of its memory; returns how many could be read (0 where the pointer is
  // bad: the program under test may pass anything).
  virtual std::size_t Read(std::uint64_t address, void* into, std::size_t size) const = 0;
  // True when all was written.
  virtual bool Write(std::uint64_t address, const void* from, std::size_t size) = 0;
  // The n-th argument (0-5) of the call that it is about to make.
  virtual void SetArgument(int index, std::uint64_t value) = 0;

  template <typename T>
  bool ReadValue(std::uint64_t address, T* value) const {
    return Read(address, value, sizeof(T)) == sizeof(T);
  }
};

// A thread stopped by ptrace: process_vm_readv(2) and its registers.
class LiveTracee final : public Tracee {
 public:
  explicit LiveTracee(pid_t tid) : tid_(tid) {}
  std::size_t Read(std::uint64_t address, void* into, std::size_t size) const override;
  bool Write(std::uint64_t address, const void* from, std::size_t size) override;
  void SetArgument(int index, std::uint64_t value) override;

 private:
  pid_t tid_;
};

// The stack pointer of a stopped thread; 0 where it has gone meanwhile.
std::uint64_t StackPointer(pid_t tid);

}  // namespace sockspec
