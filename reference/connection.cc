// write and close, as a stream wants them.
#include "reference/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace sockspec::reference {

bool WriteAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(descriptor, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

void DiscardInput(int connection) {
  // The bound keeps a client that never stops sending from owning the server.
  constexpr std::size_t kMost = std::size_t{16} << 20;
  char buffer[16384];
  for (std::size_t total = 0; total < kMost;) {
    const ssize_t count = recv(connection, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count > 0) {
      total += static_cast<std::size_t>(count);
    } else if (count == 0 || errno != EINTR) {
      return;
    }
  }
}

void CloseConnection(int connection) {
  shutdown(connection, SHUT_WR);
  DiscardInput(connection);
  close(connection);
}

}  // namespace sockspec::reference
