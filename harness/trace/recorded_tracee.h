// A thread that is not there: memory and registers as a test lays them out, or as they were
// recorded.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <type_traits>

#include "harness/trace/tracee.h"

namespace sockspec {

class RecordedTracee : public Tracee {
 public:
  // Places bytes into memory and returns their address; nothing follows them.
  std::uint64_t Put(std::string bytes) {
    const std::uint64_t address = next_;
    next_ += (bytes.size() + 2 * kGap) / kGap * kGap;
    regions_[address] = std::move(bytes);
    return address;
  }
  template <typename T>
  requires std::is_trivially_copyable_v<T> std::uint64_t PutValue(const T& value) {
    return Put(std::string(reinterpret_cast<const char*>(&value), sizeof value));
  }
  const std::string& At(std::uint64_t address) const { return regions_.at(address); }
  const std::map<int, std::uint64_t>& arguments() const { return arguments_; }

  // As process_vm_readv(2): what lies beyond the end of a region is not there.
  std::size_t Read(std::uint64_t address, void* into, std::size_t size) const override {
    std::uint64_t offset = 0;
    const std::string* region = Find(address, &offset);
    if (region == nullptr) return 0;
    const std::size_t n = std::min<std::uint64_t>(size, region->size() - offset);
    if (n > 0) std::memcpy(into, region->data() + offset, n);
    return n;
  }
  bool Write(std::uint64_t address, const void* from, std::size_t size) override {
    std::uint64_t offset = 0;
    auto* region = const_cast<std::string*>(Find(address, &offset));
    if (region == nullptr || region->size() - offset < size) return false;
    std::memcpy(region->data() + offset, from, size);
    return true;
  }
  void SetArgument(int index, std::uint64_t value) override { arguments_[index] = value; }

 private:
  static constexpr std::uint64_t kGap = 0x1000;

  const std::string* Find(std::uint64_t address, std::uint64_t* offset) const {
    auto next = regions_.upper_bound(address);
    if (next == regions_.begin()) return nullptr;
    const auto& [start, bytes] = *--next;
    *offset = address - start;
    return *offset < bytes.size() ? &bytes : nullptr;
  }

  std::map<std::uint64_t, std::string> regions_;
  std::map<int, std::uint64_t> arguments_;
  std::uint64_t next_ = 0x7f0000000000;
};

}  // namespace sockspec
