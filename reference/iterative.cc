// accept, write, close; then the next client.
#include "reference/iterative.h"

#include <sys/socket.h>

#include <cerrno>

#include "reference/accepting.h"
#include "reference/connection.h"

namespace sockspec::reference {

void ServeIteratively(int listener, const Endpoint& endpoint, const StopSignal& stop,
                      ServeFunction serve) {
  while (WaitForClient(listener, endpoint, stop) == Arrival::kClient) {
    const int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) {
      RecoverFromAcceptError(errno, endpoint, stop);
      continue;
    }
    serve(connection);
    CloseConnection(connection);
  }
}

}  // namespace sockspec::reference
