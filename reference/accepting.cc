// Waiting and accept's errors, sorted by whose fault they are.
#include "reference/accepting.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "reference/failure.h"

namespace sockspec::reference {

Arrival WaitForClient(int listener, const Endpoint& endpoint, const StopSignal& stop) {
  pollfd waits[] = {{listener, POLLIN, 0}, {stop.descriptor(), POLLIN, 0}};
  while (poll(waits, 2, -1) < 0) {
    if (errno != EINTR) throw Failure("poll", endpoint.name, errno);
  }
  return waits[1].revents != 0 ? Arrival::kStop : Arrival::kClient;
}

int Accept(const Server& server, int flags) {
  sockaddr_storage peer = {};
  // Told anew each time: accept() writes the peer's own length here.
  socklen_t length = sizeof peer;
  auto* const generic = reinterpret_cast<sockaddr*>(&peer);
  const int connection = accept4(server.socket.get(), generic, &length, SOCK_CLOEXEC | flags);
  if (connection >= 0) LogPeer(server, generic, length);
  return connection;
}

bool IsPassing(const char* call, int error, const Endpoint& endpoint) {
  switch (error) {
    // The socket itself is of no use.
    case EBADF:
    case EFAULT:
    case EINVAL:
    case ENOTSOCK:
      throw Failure(call, endpoint.name, error);
    // A signal, or a client that has gone; then the network errors that accept(2) hands on.
    case EINTR:
    case EAGAIN:
    case ECONNABORTED:
    case ECONNREFUSED:
    case EPROTO:
    case ENOPROTOOPT:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case EOPNOTSUPP:
      return true;
    // EMFILE, ENFILE, ENOBUFS, ENOMEM and whatever else may last.
    default:
      return false;
  }
}

void RecoverFromError(const char* call, int error, const Endpoint& endpoint,
                      const StopSignal& stop) {
  if (IsPassing(call, error, endpoint)) return;
  pollfd wait = {stop.descriptor(), POLLIN, 0};
  poll(&wait, 1, kRest.count());
}

}  // namespace sockspec::reference
