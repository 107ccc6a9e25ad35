// socket, connect; the next address if there is one.
#include "reference/connecting.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>

#include "reference/failure.h"

namespace sockspec::reference {
namespace {

Descriptor ConnectTo(const Endpoint& endpoint) {
  Descriptor connection(socket(endpoint.family, endpoint.type | SOCK_CLOEXEC, 0));
  if (connection.get() < 0) throw Failure("socket", endpoint.name, errno);
  if (!Connect(connection.get(), endpoint)) throw Failure("connect", endpoint.name, errno);
  return connection;
}

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

}  // namespace

bool Connect(int descriptor, const Endpoint& endpoint) {
  if (connect(descriptor, endpoint.generic(), endpoint.length) == 0) return true;
  return errno == EINTR && FinishConnect(descriptor);
}

Descriptor ConnectToFirst(const std::vector<Endpoint>& endpoints) {
  for (std::size_t i = 0; i + 1 < endpoints.size(); ++i) {
    try {
      return ConnectTo(endpoints[i]);
    } catch (const Failure& failure) {
      std::fprintf(stderr, "%s; trying the next address\n", failure.what());
    }
  }
  return ConnectTo(endpoints.back());
}

}  // namespace sockspec::reference
