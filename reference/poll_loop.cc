// One loop: poll, then accept, read, write or close, whatever is ready.
#include <poll.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "reference/clients.h"
#include "reference/failure.h"
#include "reference/models.h"

namespace sockspec::reference {

void ServeByPoll(Server server) {
  Clients clients(std::move(server));
  while (!clients.Gone()) {
    // Descriptors below 0 are skipped.
    const int stop = clients.stopping() ? -1 : clients.server().stop.descriptor();
    const int listener = clients.rest().Over() ? clients.server().socket.get() : -1;
    std::vector<pollfd> waits = {{stop, POLLIN, 0}, {listener, POLLIN, 0}};
    for (const auto& [connection, session] : clients.sessions()) {
      waits.push_back({connection, session.Events(), 0});
    }
    if (poll(waits.data(), waits.size(), clients.rest().TimeOut()) < 0) {
      if (errno == EINTR) continue;
      throw Failure("poll", clients.server().endpoint.name, errno);
    }

    for (std::size_t i = 2; i < waits.size(); ++i) {
      if (waits[i].revents != 0) clients.Step(waits[i].fd, waits[i].revents);
    }
    // Last, as a new connection may get the number of one that has just been closed.
    if (waits[0].revents != 0) {
      clients.Stop();
    } else if (waits[1].revents != 0) {
      clients.Accept();
    }
  }
}

}  // namespace sockspec::reference
