// socket, connect; the next address if there is one.
#include "reference/connecting.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>

namespace sockspec::reference {
namespace {

// An interrupted connect() goes on by itself: it must be waited for, not repeated.
bool FinishConnect(int descriptor) {
  pollfd wait = {descriptor, POLLOUT, 0};
  while (poll(&wait, 1, -1) < 0) {
    if (errno != EINTR) return false;
  }
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return false;
  errno = error;
  return error == 0;
}

// It bounds connect() as well (socket(7)), for TCP and for a UNIX server with a full queue alike.
void BoundSending(int descriptor, int seconds) {
  const timeval limit = {seconds, 0};
  if (setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0) {
    throw Failure("setsockopt", "SO_SNDTIMEO", errno);
  }
}

// A server can answer a UNIX datagram only where it came from an address. The kernel makes one up:
// abstract, so that no file is left behind.
void BindToAnyName(int descriptor) {
  const sockaddr family_alone = {AF_UNIX, {}};
  if (bind(descriptor, &family_alone, sizeof family_alone.sa_family) < 0) {
    throw Failure("bind", "an abstract name", errno);
  }
}

}  // namespace

bool Connect(int descriptor, const Endpoint& endpoint) {
  if (connect(descriptor, endpoint.generic(), endpoint.length) == 0) return true;
  return errno == EINTR && FinishConnect(descriptor);
}

Descriptor ConnectTo(const Endpoint& endpoint, int timeout) {
  Descriptor connection(socket(endpoint.family, endpoint.type | SOCK_CLOEXEC, 0));
  if (connection.get() < 0) throw Failure("socket", endpoint.name, errno);
  if (endpoint.family == AF_UNIX && endpoint.type == SOCK_DGRAM) BindToAnyName(connection.get());
  BoundSending(connection.get(), timeout);
  if (!Connect(connection.get(), endpoint)) {
    const bool late = errno == EINPROGRESS || errno == EAGAIN;
    throw Failure("connect", endpoint.name, late ? ETIMEDOUT : errno);
  }
  return connection;
}

}  // namespace sockspec::reference
