// Looking at a socket of another process through a duplicate of its descriptor.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <optional>
#include <string>

#include "harness/base/owned_fd.h"
#include "harness/base/socket_address.h"

namespace sockspec {

// A duplicate (pidfd_getfd) of descriptor `fd` of process `pid`, numbered as the caller sees it.
// nullopt: the process or its descriptor is no more, or the caller may not trace that process.
// Drop it at once: as long as the duplicate lives, the program's close() sends no FIN and frees no
// port.
std::optional<OwnedFd> DuplicateFrom(pid_t pid, int fd);

// Options in force on a socket; nullopt for those that it does not have.
struct SocketOptions {
  int family = -1, type = -1, protocol = -1;
  bool non_blocking = false;
  std::optional<bool> reuse_address;
  std::optional<bool> reuse_port;
  std::optional<bool> accepting;  // listen() was called
  std::optional<bool> v6_only;
  std::optional<linger> lingering;
};
// Throws std::system_error where `fd` is no socket.
SocketOptions ReadSocketOptions(int fd);

// getsockname() and getpeername(); nullopt where the socket has no peer.
SocketAddress LocalEnd(int fd);
std::optional<SocketAddress> PeerEnd(int fd);
// The same, printed as harness/base/socket_address.h does; "" where the socket has no peer.
std::string LocalAddressOf(int fd);
std::string PeerAddressOf(int fd);

}  // namespace sockspec
