// Reading files of /proc relative to a descriptor on it.
#include "harness/kernel/proc_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "harness/base/error.h"
#include "harness/base/owned_fd.h"

namespace sockspec {
namespace {

// A process that ends between open() and read() makes read() answer ESRCH.
bool IsGone(int error) { return error == ENOENT || error == ESRCH; }

std::optional<OwnedFd> Open(int proc_fd, const char* path) {
  OwnedFd fd(openat(proc_fd, path, O_RDONLY | O_CLOEXEC));
  if (!fd.empty()) return fd;
  if (IsGone(errno)) return std::nullopt;
  ThrowSystemError(errno, fmt::format("openat({}, {})", proc_fd, path));
}

// As read(); -1 where the process is gone.
ssize_t Read(int fd, const char* path, char* to, std::size_t size) {
  const ssize_t count = read(fd, to, size);
  if (count < 0 && !IsGone(errno)) ThrowSystemError(errno, fmt::format("read({})", path));
  return count;
}

}  // namespace

std::optional<std::string_view> ReadStart(int proc_fd, const char* path, std::span<char> buffer) {
  const auto fd = Open(proc_fd, path);
  if (!fd) return std::nullopt;
  const ssize_t count = Read(fd->get(), path, buffer.data(), buffer.size());
  if (count < 0) return std::nullopt;
  return std::string_view(buffer.data(), static_cast<std::size_t>(count));
}

std::optional<std::string> ReadAll(int proc_fd, const char* path) {
  const auto fd = Open(proc_fd, path);
  if (!fd) return std::nullopt;
  std::string content;
  char buffer[1 << 12];
  while (true) {
    const ssize_t count = Read(fd->get(), path, buffer, sizeof buffer);
    if (count < 0) return std::nullopt;
    if (count == 0) return content;
    content.append(buffer, static_cast<std::size_t>(count));
  }
}

std::string_view NextField(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  const std::size_t length = std::min(rest.find_first_of(" \t\n"), rest.size());
  const std::string_view field = rest.substr(0, length);
  rest.remove_prefix(length);
  return field;
}

std::string_view NextLine(std::string_view& rest) {
  const std::size_t length = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, length);
  rest.remove_prefix(std::min(length + 1, rest.size()));
  return line;
}

}  // namespace sockspec
