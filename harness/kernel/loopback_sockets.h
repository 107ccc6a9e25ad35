// Sockets that this folder's tests open on loopback to look at.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>

#include <string>
#include <utility>

#include "harness/base/error.h"
#include "harness/base/owned_fd.h"
#include "harness/base/socket_address.h"

namespace sockspec {

inline OwnedFd OpenSocket(Transport transport) {
  const int type = SocketType(transport) | SOCK_CLOEXEC;
  return OwnedFd(CheckCall(socket(Family(transport), type, 0), "socket({})", Name(transport)));
}

inline SocketAddress BoundAddress(int fd) {
  SocketAddress address;
  address.length = sizeof address.storage;
  CheckCall(getsockname(fd, address.get(), &address.length), "getsockname({})", fd);
  return address;
}

inline OwnedFd OpenBound(Transport transport, const std::string& host) {
  OwnedFd fd = OpenSocket(transport);
  const SocketAddress address = MakeAddress(transport, host);
  CheckCall(bind(fd.get(), address.get(), address.length), "bind({}, {})", fd.get(), host);
  return fd;
}

inline OwnedFd OpenListener(Transport transport, const std::string& host, int backlog = 16) {
  OwnedFd fd = OpenBound(transport, host);
  CheckCall(listen(fd.get(), backlog), "listen({}, {})", fd.get(), backlog);
  return fd;
}

inline OwnedFd OpenConnection(Transport transport, const SocketAddress& to) {
  OwnedFd fd = OpenSocket(transport);
  CheckCall(connect(fd.get(), to.get(), to.length), "connect({}, {})", fd.get(), PrintAddress(to));
  return fd;
}

inline OwnedFd AcceptFrom(const OwnedFd& listener) {
  return OwnedFd(CheckCall(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept4({})",
                           listener.get()));
}

inline OwnedFd OpenProc() {
  return OwnedFd(CheckCall(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), "open(/proc)"));
}

}  // namespace sockspec
