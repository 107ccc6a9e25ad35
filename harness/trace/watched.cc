// The sets that poll, select and epoll look at.
#include "harness/trace/watched.h"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <vector>

namespace sockspec {
namespace {

constexpr int kDeepest = 5;  // nested epoll sets: the kernel allows no more

void AddDescriptor(const TracedProcess& process, int fd, bool for_input, Watched* watched) {
  const auto found = process.descriptors.find(fd);
  if (found == process.descriptors.end()) return;
  const TrackedDescriptor& descriptor = found->second;
  if (descriptor.socket != nullptr) watched->sockets.push_back({descriptor.socket, for_input});
  if (descriptor.timer != nullptr && for_input) watched->timers.push_back(descriptor.timer);
  if (descriptor.epoll != nullptr && for_input) watched->epolls.push_back(descriptor.epoll);
}

Watched WatchedByPoll(const Tracee& tracee, const TracedProcess& process,
                      const PendingCall& pending) {
  Watched watched;
  const std::size_t count = std::min<std::uint64_t>(pending.arguments[1], kMostPolled);
  std::vector<pollfd> entries(count);
  const std::size_t n = tracee.Read(pending.arguments[0], entries.data(), count * sizeof(pollfd));
  entries.resize(n / sizeof(pollfd));
  for (const pollfd& entry : entries) {
    AddDescriptor(process, entry.fd, (entry.events & (POLLIN | POLLRDNORM)) != 0, &watched);
  }
  return watched;
}

// The kernel knows no FD_SETSIZE: sets of its callers may be longer than an fd_set.
Watched WatchedBySelect(const Tracee& tracee, const TracedProcess& process,
                        const PendingCall& pending) {
  Watched watched;
  const int count = std::clamp(static_cast<int>(pending.arguments[0]), 0, kMostPolled);
  constexpr int kReadable = 1, kExceptional = 3;
  for (int set = kReadable; set <= kExceptional; ++set) {
    std::vector<unsigned char> bits(static_cast<std::size_t>(count + 7) / 8);
    if (pending.arguments[set] == 0 ||
        tracee.Read(pending.arguments[set], bits.data(), bits.size()) != bits.size()) {
      continue;
    }
    for (int fd = 0; fd < count; ++fd) {
      if ((bits[static_cast<std::size_t>(fd) / 8] >> (fd % 8) & 1) == 0) continue;
      AddDescriptor(process, fd, set == kReadable, &watched);
    }
  }
  return watched;
}

// Calls take(socket, for_input) and take_timer(timer) for all that is watched, through nested sets.
template <typename TakeSocket, typename TakeTimer>
void ForEach(const Watched& watched, const TakeSocket& take_socket, const TakeTimer& take_timer,
             int depth = 0) {
  for (const Watched::Member& member : watched.sockets) {
    if (const auto socket = member.socket.lock()) take_socket(*socket, member.for_input);
  }
  for (const auto& weak : watched.timers) {
    if (auto timer = weak.lock()) take_timer(timer);
  }
  if (depth == kDeepest) return;
  for (const auto& weak : watched.epolls) {
    const auto set = weak.lock();
    if (set == nullptr) continue;
    Watched inner;
    for (const EpollSet::Member& member : set->members) {
      if (member.spent) continue;
      const bool for_input = (member.events & (EPOLLIN | EPOLLRDNORM)) != 0;
      inner.sockets.push_back({member.socket, for_input});
      if (!for_input) continue;
      inner.timers.push_back(member.timer);
      inner.epolls.push_back(member.nested);
    }
    ForEach(inner, take_socket, take_timer, depth + 1);
  }
}

}  // namespace

Watched WatchedAlone(const TracedProcess& process, int fd) {
  Watched watched;
  AddDescriptor(process, fd, true, &watched);
  return watched;
}

Watched WatchedBy(const Tracee& tracee, const TracedProcess& process, const PendingCall& pending) {
  switch (pending.entry->kind) {
    case CallKind::kPoll:
      return WatchedByPoll(tracee, process, pending);
    case CallKind::kSelect:
      return WatchedBySelect(tracee, process, pending);
    default:
      return WatchedAlone(process, static_cast<int>(pending.arguments[0]));
  }
}

bool WatchesSocket(const Watched& watched) {
  bool any = false;
  ForEach(
      watched, [&](const OpenSocket&, bool) { any = true; }, [](const std::shared_ptr<Timer>&) {});
  return any;
}

bool WatchesListener(const Watched& watched) {
  bool any = false;
  ForEach(
      watched,
      [&](const OpenSocket& socket, bool for_input) {
        any = any || (for_input && socket.endpoint);
      },
      [](const std::shared_ptr<Timer>&) {});
  return any;
}

bool WatchesRole(const Watched& watched, SocketRole role) {
  bool any = false;
  ForEach(
      watched,
      [&](const OpenSocket& socket, bool /*for_input*/) { any = any || socket.role == role; },
      [](const std::shared_ptr<Timer>&) {});
  return any;
}

std::optional<NextTimer> FirstTimer(const Watched& watched) {
  std::optional<NextTimer> first;
  ForEach(
      watched, [](const OpenSocket&, bool) {},
      [&](const std::shared_ptr<Timer>& timer) {
        const auto time = TimeLeftOn(*timer);
        if (!time.has_value() || (first.has_value() && first->time.left <= time->left)) return;
        first = {timer, *time};
      });
  return first;
}

int ExpiredTimers(const Watched& watched) {
  int count = 0;
  ForEach(
      watched, [](const OpenSocket&, bool) {},
      [&](const std::shared_ptr<Timer>& timer) { count += HasExpired(*timer) ? 1 : 0; });
  return count;
}

bool HasFired(const Watched& watched) {
  bool any = false;
  ForEach(
      watched, [](const OpenSocket&, bool) {},
      [&](const std::shared_ptr<Timer>& timer) { any = any || timer->fired; });
  return any;
}

void ForgetFired(const Watched& watched) {
  ForEach(
      watched, [](const OpenSocket&, bool) {},
      [](const std::shared_ptr<Timer>& timer) { timer->fired = false; });
}

void SpendReported(const Tracee& tracee, const TracedProcess& process, const PendingCall& pending) {
  const auto found = process.descriptors.find(static_cast<int>(pending.arguments[0]));
  if (found == process.descriptors.end() || found->second.epoll == nullptr) return;
  std::vector<EpollSet::Member>& members = found->second.epoll->members;
  const auto once = [](const EpollSet::Member& member) {
    return (member.events & EPOLLONESHOT) != 0;
  };
  if (std::none_of(members.begin(), members.end(), once)) return;
  const auto count = std::clamp<std::int64_t>(pending.call.result, 0, kMostPolled);
  std::vector<epoll_event> events(static_cast<std::size_t>(count));
  const std::size_t size =
      tracee.Read(pending.arguments[1], events.data(), events.size() * sizeof(epoll_event));
  events.resize(size / sizeof(epoll_event));
  for (const epoll_event& event : events) {
    for (EpollSet::Member& member : members) {
      if (once(member) && member.data == event.data.u64) member.spent = true;
    }
  }
}

}  // namespace sockspec
