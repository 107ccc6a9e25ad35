// Looking at a socket of another process through a duplicate of its descriptor.
#include "harness/kernel/remote_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
extern "C" {  // which glibc 2.36 forgets
#include <sys/pidfd.h>
}

#include "harness/base/error.h"

namespace sockspec {
namespace {

template <typename Value>
std::optional<Value> Get(int fd, int level, int option) {
  Value value{};
  socklen_t length = sizeof value;
  if (getsockopt(fd, level, option, &value, &length) == 0) return value;
  if (errno == ENOPROTOOPT || errno == EOPNOTSUPP) return std::nullopt;
  ThrowSystemError(errno, fmt::format("getsockopt({}, {}, {})", fd, level, option));
}

std::optional<bool> GetFlag(int fd, int level, int option) {
  const auto value = Get<int>(fd, level, option);
  if (!value) return std::nullopt;
  return *value != 0;
}

}  // namespace

std::optional<OwnedFd> DuplicateFrom(pid_t pid, int fd) {
  const OwnedFd process(pidfd_open(pid, 0));
  if (process.empty()) {
    if (errno == ESRCH) return std::nullopt;
    ThrowSystemError(errno, fmt::format("pidfd_open({})", pid));
  }
  OwnedFd duplicate(pidfd_getfd(process.get(), fd, 0));
  if (!duplicate.empty()) return duplicate;
  if (errno == EBADF || errno == ESRCH || errno == EPERM) return std::nullopt;
  ThrowSystemError(errno, fmt::format("pidfd_getfd({}, {})", pid, fd));
}

SocketOptions ReadSocketOptions(int fd) {
  const int flags = CheckCall(fcntl(fd, F_GETFL), "fcntl({}, F_GETFL)", fd);
  SocketOptions options;
  options.family = Get<int>(fd, SOL_SOCKET, SO_DOMAIN).value_or(-1);
  options.type = Get<int>(fd, SOL_SOCKET, SO_TYPE).value_or(-1);
  options.protocol = Get<int>(fd, SOL_SOCKET, SO_PROTOCOL).value_or(-1);
  options.non_blocking = (flags & O_NONBLOCK) != 0;
  options.reuse_address = GetFlag(fd, SOL_SOCKET, SO_REUSEADDR);
  options.reuse_port = GetFlag(fd, SOL_SOCKET, SO_REUSEPORT);
  options.accepting = GetFlag(fd, SOL_SOCKET, SO_ACCEPTCONN);
  options.lingering = Get<linger>(fd, SOL_SOCKET, SO_LINGER);
  if (options.family == AF_INET6) options.v6_only = GetFlag(fd, IPPROTO_IPV6, IPV6_V6ONLY);
  return options;
}

SocketAddress LocalEnd(int fd) {
  SocketAddress address;
  address.length = sizeof address.storage;
  CheckCall(getsockname(fd, address.get(), &address.length), "getsockname({})", fd);
  return address;
}

std::optional<SocketAddress> PeerEnd(int fd) {
  SocketAddress address;
  address.length = sizeof address.storage;
  if (getpeername(fd, address.get(), &address.length) == 0) return address;
  if (errno == ENOTCONN) return std::nullopt;
  ThrowSystemError(errno, fmt::format("getpeername({})", fd));
}

std::string LocalAddressOf(int fd) { return PrintAddress(LocalEnd(fd)); }

std::string PeerAddressOf(int fd) {
  const auto address = PeerEnd(fd);
  return address ? PrintAddress(*address) : "";
}

}  // namespace sockspec
