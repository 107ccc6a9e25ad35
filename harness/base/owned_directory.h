// The entries of an open directory, with one owner.
#pragma once

#include <dirent.h>

#include <memory>

#include "harness/base/owned_fd.h"

namespace sockspec {

// Takes the descriptor; where that cannot be read as a directory, it is empty() and errno says why.
class OwnedDirectory {
 public:
  explicit OwnedDirectory(OwnedFd fd) : entries_(fdopendir(fd.get())) {
    if (entries_ != nullptr) static_cast<void>(fd.Release());  // closed with the entries
  }

  bool empty() const { return entries_ == nullptr; }
  int fd() const { return dirfd(entries_.get()); }
  // "." and ".." among them, in no order; nullptr at the end. Valid until the next call.
  const dirent* Next() { return readdir(entries_.get()); }

 private:
  struct Close {
    void operator()(DIR* entries) const { closedir(entries); }
  };
  std::unique_ptr<DIR, Close> entries_;
};

}  // namespace sockspec
