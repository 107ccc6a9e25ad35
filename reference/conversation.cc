// write, read, write, read ...
#include "reference/conversation.h"

#include <poll.h>

#include <cerrno>
#include <memory>

#include "reference/connection.h"

namespace sockspec::reference {
namespace {

// Sleeps until the connection has one of `events`, and returns which; 0 if the program is asked to
// end.
short WaitForPeer(int connection, short events, const StopSignal& stop) {
  pollfd waits[] = {{connection, events, 0}, {stop.descriptor(), POLLIN, 0}};
  while (poll(waits, 2, -1) < 0) {
    if (errno != EINTR) return 0;
  }
  return waits[1].revents != 0 ? 0 : waits[0].revents;
}

}  // namespace

void Converse(int connection, const Server& server) {
  const std::unique_ptr<Service> service = server.make_service();
  const std::size_t size = InputSize(server.endpoint);
  std::unique_ptr<char[]> input;
  while (true) {
    const std::string speech = service->Speak();
    if (!WriteAll(connection, speech)) return;
    if (service->Finished()) return;

    // Who has more to say waits for room; everybody listens.
    const short events = speech.empty() ? POLLIN : POLLIN | POLLOUT;
    const short ready = WaitForPeer(connection, events, server.stop);
    if (ready == 0) return;
    if (ready == POLLOUT) continue;

    if (input == nullptr) input = std::make_unique_for_overwrite<char[]>(size);
    const ssize_t count = read(connection, input.get(), size);
    if (count < 0 && errno == EINTR) continue;
    // The client's end, or an error. A record without bytes cannot be told from the end.
    if (count <= 0) return;
    if (!WriteAll(connection, service->Reply({input.get(), static_cast<std::size_t>(count)}))) {
      return;
    }
  }
}

std::size_t InputSize(const Endpoint& endpoint) {
  // More than the longest record that an ordinary sender's buffer holds (net.core.wmem_default).
  constexpr std::size_t kRecord = std::size_t{256} << 10;
  constexpr std::size_t kPiece = std::size_t{16} << 10;
  return endpoint.type == SOCK_SEQPACKET ? kRecord : kPiece;
}

}  // namespace sockspec::reference
