// A file descriptor with one owner.
#pragma once

#include <unistd.h>

#include <utility>

namespace sockspec {

// Move-only; -1 is empty. Closing is never retried: on Linux close() frees the descriptor even when
// it reports EINTR (close(2), "Dealing with error returns from close()").
class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    OwnedFd old(std::exchange(fd_, std::exchange(other.fd_, -1)));
    return *this;
  }
  ~OwnedFd() { Reset(); }

  int get() const { return fd_; }
  bool empty() const { return fd_ < 0; }
  // Hands the descriptor to the caller, who then closes it.
  [[nodiscard]] int Release() { return std::exchange(fd_, -1); }
  void Reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

}  // namespace sockspec
