// A descriptor with one owner, who closes it once; and the three that every program starts with.
#pragma once

#include <unistd.h>

#include <utility>

namespace sockspec::reference {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  // close() is never repeated: on Linux the number is free even after EINTR.
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }

  int get() const { return number_; }

 private:
  int number_;
};

// Opens /dev/null on those of the descriptors 0, 1, 2 that are closed. Without it the next socket()
// would take such a number, and an error message would go to the peer.
void OpenMissingStandardDescriptors();

}  // namespace sockspec::reference
