// One loop as in poll_loop.cc, but the kernel keeps the list of what to wait for.
#include <poll.h>
#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "reference/clients.h"
#include "reference/datagram.h"
#include "reference/failure.h"
#include "reference/models.h"

namespace sockspec::reference {
namespace {

static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLERR == POLLERR);

// Level-triggered: what is not handled now is reported again.
class Epoll {
 public:
  Epoll() : descriptor_(epoll_create1(EPOLL_CLOEXEC)) {
    if (descriptor_.get() < 0) throw Failure("epoll_create1", "events", errno);
  }

  // From now on waits for these events of `watched`. False with errno set. A descriptor that
  // is closed leaves the list by itself.
  bool Add(int watched, short events) { return Control(EPOLL_CTL_ADD, watched, events); }
  void Change(int watched, short events) { Control(EPOLL_CTL_MOD, watched, events); }
  void Remove(int watched) { Control(EPOLL_CTL_DEL, watched, 0); }

  struct Event {
    int descriptor;
    short events;
  };
  // None after `timeout` milliseconds (-1: no limit) or a signal.
  std::vector<Event> Wait(int timeout) {
    std::array<epoll_event, 64> events;
    const int count =
        epoll_wait(descriptor_.get(), events.data(), static_cast<int>(events.size()), timeout);
    if (count < 0 && errno != EINTR) throw Failure("epoll_wait", "events", errno);
    std::vector<Event> happened;
    for (int i = 0; i < count; ++i) {
      happened.push_back({events[i].data.fd, static_cast<short>(events[i].events)});
    }
    return happened;
  }

 private:
  bool Control(int operation, int watched, short events) {
    epoll_event event = {};
    event.events = static_cast<std::uint32_t>(events);
    event.data.fd = watched;
    return epoll_ctl(descriptor_.get(), operation, watched, &event) == 0;
  }

  Descriptor descriptor_;
};

void AddServer(Epoll& epoll, const Server& server) {
  for (const int descriptor : {server.socket.get(), server.stop.descriptor()}) {
    if (!epoll.Add(descriptor, POLLIN)) throw Failure("epoll_ctl", server.endpoint.name, errno);
  }
}

// The session goes on, and may want to wait for something else now.
void Step(Epoll& epoll, Clients& clients, const Epoll::Event& event) {
  const short before = clients.sessions().at(event.descriptor).Events();
  clients.Step(event.descriptor, event.events);
  const auto entry = clients.sessions().find(event.descriptor);
  if (entry == clients.sessions().end()) return;
  const short now = entry->second.Events();
  if (now != before) epoll.Change(event.descriptor, now);
}

void Accept(Epoll& epoll, Clients& clients) {
  const int connection = clients.Accept();
  if (connection < 0) return;
  if (epoll.Add(connection, clients.sessions().at(connection).Events())) return;
  std::fprintf(stderr, "epoll_ctl: %s\n", std::strerror(errno));
  clients.Drop(connection);
}

}  // namespace

void ServeByEpoll(Server server) {
  Epoll epoll;
  AddServer(epoll, server);
  const int listener = server.socket.get();
  const int stop = server.stop.descriptor();
  Clients clients(std::move(server));
  bool resting = false;
  while (!clients.Gone()) {
    if (!clients.stopping() && resting == clients.rest().Over()) {
      resting = !resting;
      epoll.Change(listener, resting ? 0 : POLLIN);
    }
    bool asked_to_stop = false;
    bool client_is_there = false;
    for (const Epoll::Event& event : epoll.Wait(clients.rest().TimeOut())) {
      if (event.descriptor == stop) {
        asked_to_stop = true;
      } else if (event.descriptor == listener) {
        client_is_there = true;
      } else {
        Step(epoll, clients, event);
      }
    }
    // Last, as a new connection may get the number of one that has just been closed.
    if (asked_to_stop) {
      epoll.Remove(stop);
      clients.Stop();
    } else if (client_is_there) {
      Accept(epoll, clients);
    }
  }
}

void AnswerByEpoll(Server server) {
  Epoll epoll;
  AddServer(epoll, server);
  while (true) {
    for (const Epoll::Event& event : epoll.Wait(-1)) {
      if (event.descriptor == server.stop.descriptor()) return;
      if (std::optional<Request> request = ReceiveRequest(server)) {
        Answer(server, std::move(*request));
      }
    }
  }
}

}  // namespace sockspec::reference
