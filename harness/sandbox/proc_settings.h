// Small files below /proc, by a descriptor on it.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "harness/base/error.h"
#include "harness/base/owned_fd.h"

namespace sockspec {

// Writes `value` in one write(), as the kernel asks for its settings. Throws std::system_error.
inline void WriteProcFile(int proc, const std::string& name, const std::string& value) {
  OwnedFd file(CheckCall(openat(proc, name.c_str(), O_WRONLY | O_CLOEXEC), "open(/proc/{})", name));
  CheckCall(write(file.get(), value.data(), value.size()), "write(/proc/{}, \"{}\")", name, value);
}

// The first bytes of a file below /proc; "" where it cannot be read.
inline std::string ReadProcFile(int proc, const std::string& name) {
  OwnedFd file(openat(proc, name.c_str(), O_RDONLY | O_CLOEXEC));
  char text[1024];
  const ssize_t size = file.empty() ? -1 : read(file.get(), text, sizeof text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace sockspec
