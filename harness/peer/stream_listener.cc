// The harness's listening socket.
#include "harness/peer/stream_listener.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "harness/base/error.h"

namespace sockspec {

StreamListener::StreamListener(const SocketAddress& address, int backlog, bool reuse_port, int type)
    : type_(type) {
  const int family = address.get()->sa_family;
  const std::string name = PrintAddress(address.get(), address.length);
  fd_ = OwnedFd(CheckCall(socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket({}, {})",
                          family, type));
  if (family != AF_UNIX) {
    const int on = 1;
    CheckCall(setsockopt(fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on),
              "setsockopt(SO_REUSEADDR)");
    if (reuse_port) {
      CheckCall(setsockopt(fd(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on),
                "setsockopt(SO_REUSEPORT)");
    }
  }
  CheckCall(bind(fd(), address.get(), address.length), "bind({})", name);
  if (family == AF_UNIX && !name.starts_with('@')) path_ = name;
  CheckCall(listen(fd(), backlog), "listen({}, {})", name, backlog);
}

StreamListener::~StreamListener() {
  if (!path_.empty() && !fd_.empty()) unlink(path_.c_str());
}

std::optional<StreamPeer> StreamListener::AcceptOne() {
  const int fd = accept4(this->fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd == -1) {
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) CheckCall(-1, "accept4()");
    return std::nullopt;
  }
  return StreamPeer::Accepted(OwnedFd(fd), type_);
}

bool StreamListener::HasPending() const {
  pollfd entry{fd(), POLLIN, 0};
  return poll(&entry, 1, 0) > 0;
}

}  // namespace sockspec
