// accept, write, close; then the next client.
#include <cerrno>

#include "reference/accepting.h"
#include "reference/connection.h"
#include "reference/conversation.h"
#include "reference/datagram.h"
#include "reference/models.h"

namespace sockspec::reference {

void ServeIteratively(Server server) {
  while (WaitForClient(server.socket.get(), server.endpoint, server.stop) == Arrival::kClient) {
    const int connection = Accept(server);
    if (connection < 0) {
      RecoverFromError("accept", errno, server.endpoint, server.stop);
      continue;
    }
    Converse(connection, server);
    CloseConnection(connection);
  }
}

void AnswerIteratively(Server server) {
  while (WaitForClient(server.socket.get(), server.endpoint, server.stop) == Arrival::kClient) {
    if (const std::optional<Request> request = ReceiveRequest(server)) Answer(server, *request);
  }
}

}  // namespace sockspec::reference
