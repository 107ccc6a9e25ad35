// Which calls may put a thread to sleep.
#include "harness/trace/waits.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

namespace sockspec {
namespace {

constexpr std::size_t kMostPolled = 4096;

// A time-out by pointer (timespec, or timeval of the same size and meaning of zero).
constexpr std::int64_t kForEver = -1;  // nanoseconds otherwise
std::int64_t ReadSpan(const Tracee& tracee, std::uint64_t address, std::int64_t unit) {
  timespec span{};
  if (address == 0 || !tracee.ReadValue(address, &span)) return kForEver;
  return span.tv_sec * 1'000'000'000 + span.tv_nsec * unit;
}
std::int64_t FromMilliseconds(std::int32_t timeout) {
  return timeout < 0 ? kForEver : std::int64_t{timeout} * 1'000'000;
}

struct Watched {
  int sockets = 0;
  bool endpoint = false;
  bool listener = false;  // it is one
  void Add(const std::shared_ptr<OpenSocket>& socket) {
    if (socket == nullptr) return;
    ++sockets;
    endpoint = endpoint || socket->endpoint;
    listener = listener || (socket->endpoint && socket->role == SocketRole::kListener);
  }
};

Watched WatchedByPoll(const Tracee& tracee, const TracedProcess& process,
                      const PendingCall& pending) {
  Watched watched;
  const std::size_t count = std::min<std::size_t>(pending.arguments[1], kMostPolled);
  std::vector<pollfd> entries(count);
  const std::size_t n = tracee.Read(pending.arguments[0], entries.data(), count * sizeof(pollfd));
  entries.resize(n / sizeof(pollfd));
  for (const pollfd& entry : entries) watched.Add(process.Socket(entry.fd));
  return watched;
}

Watched WatchedBySelect(const Tracee& tracee, const TracedProcess& process,
                        const PendingCall& pending) {
  Watched watched;
  const int count = std::min(static_cast<int>(pending.arguments[0]), FD_SETSIZE);
  for (int set = 1; set <= 2; ++set) {  // readable, writable
    fd_set bits{};
    const std::size_t bytes = static_cast<std::size_t>(std::max(count, 0) + 7) / 8;
    if (pending.arguments[set] == 0 || tracee.Read(pending.arguments[set], &bits, bytes) != bytes) {
      continue;
    }
    for (int fd = 0; fd < count; ++fd) {
      if (FD_ISSET(fd, &bits)) watched.Add(process.Socket(fd));
    }
  }
  return watched;
}

Watched WatchedByEpoll(const TracedProcess& process, const PendingCall& pending) {
  Watched watched;
  const auto found = process.descriptors.find(static_cast<int>(pending.arguments[0]));
  if (found == process.descriptors.end() || found->second.epoll == nullptr) return watched;
  for (const auto& [fd, socket] : found->second.epoll->sockets) watched.Add(socket.lock());
  return watched;
}

Watched WatchedBy(const Tracee& tracee, const TracedProcess& process, const PendingCall& pending) {
  switch (pending.entry->kind) {
    case CallKind::kPoll:
      return WatchedByPoll(tracee, process, pending);
    case CallKind::kSelect:
      return WatchedBySelect(tracee, process, pending);
    default:
      return WatchedByEpoll(process, pending);
  }
}

std::int64_t TimeoutOf(const Tracee& tracee, const PendingCall& pending) {
  const auto& a = pending.arguments;
  const std::string_view name = pending.entry->name;
  if (name == "ppoll") return ReadSpan(tracee, a[2], 1);
  if (name == "poll") return FromMilliseconds(static_cast<std::int32_t>(a[2]));
  if (name == "select") return ReadSpan(tracee, a[4], 1000);  // a timeval
  if (name == "pselect6") return ReadSpan(tracee, a[4], 1);
  if (pending.entry->kind == CallKind::kEpollWait) {
    return FromMilliseconds(static_cast<std::int32_t>(a[3]));
  }
  if (name == "rt_sigtimedwait") return ReadSpan(tracee, a[2], 1);
  if (name == "nanosleep") return ReadSpan(tracee, a[0], 1);
  if (name == "clock_nanosleep" && a[1] == 0) return ReadSpan(tracee, a[2], 1);
  return kForEver;
}

std::string NameRole(const OpenSocket& socket) {
  if (socket.role == SocketRole::kConnection && socket.connection >= 0) {
    return "connection " + std::to_string(socket.connection);
  }
  return std::string(Name(socket.role));
}

std::uint64_t Signature(const PendingCall& pending) {
  // The set that a pointer names may live anywhere; what tells two waits apart is the call, its
  // descriptor and its count.
  std::uint64_t hash = static_cast<std::uint64_t>(pending.entry->number) * 1099511628211ULL;
  if (pending.entry->kind != CallKind::kSleep) {
    hash = (hash ^ (pending.arguments[0] & 0xffff)) * 1099511628211ULL;
    hash = (hash ^ (pending.arguments[1] & 0xffff)) * 1099511628211ULL;
  }
  return hash | 1;
}

}  // namespace

std::optional<Wait> ClassifyWait(const Tracee& tracee, const TracedProcess& process,
                                 const PendingCall& pending) {
  Wait wait;
  wait.signature = Signature(pending);
  const std::string name = pending.entry->name;
  const OpenSocket* socket = pending.socket.get();
  switch (pending.entry->kind) {
    case CallKind::kAccept:
    case CallKind::kConnect:
    case CallKind::kSend:
    case CallKind::kReceive:
      if (socket == nullptr) {
        wait.what = name + "(standard input)";
        return wait;
      }
      if (socket->non_blocking || (pending.call.flags & MSG_DONTWAIT) != 0) {
        return std::nullopt;
      }
      wait.what = name + "(" + NameRole(*socket) + ")";
      wait.on_socket = true;
      wait.on_endpoint = pending.entry->kind == CallKind::kAccept ||
                         (pending.entry->kind == CallKind::kReceive && socket->endpoint);
      wait.timed =
          pending.entry->kind == CallKind::kReceive || pending.entry->kind == CallKind::kAccept
              ? socket->receive_timeout
              : socket->send_timeout;
      return wait;
    case CallKind::kPoll:
    case CallKind::kSelect:
    case CallKind::kEpollWait: {
      wait.timeout = TimeoutOf(tracee, pending);
      if (wait.timeout == 0) return std::nullopt;
      const Watched watched = WatchedBy(tracee, process, pending);
      wait.timed = wait.timeout != kForEver;
      wait.on_endpoint = watched.endpoint;
      wait.on_socket = watched.sockets > 0;
      wait.what = name + (watched.listener      ? " on the listener"
                          : watched.sockets > 0 ? " on a socket"
                                                : "");
      if (wait.timed) wait.what += " with a time-out";
      return wait;
    }
    case CallKind::kSleep:
      wait.what = name;
      wait.timed = true;
      wait.timeout = TimeoutOf(tracee, pending);
      return wait;
    case CallKind::kWaitForSignal:
      wait.timeout = TimeoutOf(tracee, pending);
      if (wait.timeout == 0) return std::nullopt;
      wait.what = name;
      wait.timed = wait.timeout != kForEver;
      return wait;
    case CallKind::kWaitForChild:
      if ((pending.arguments[name == "wait4" ? 2 : 3] & WNOHANG) != 0) return std::nullopt;
      wait.what = name;
      return wait;
    default:
      return std::nullopt;
  }
}

bool WatchesEndpoint(const Tracee& tracee, const TracedProcess& process,
                     const PendingCall& pending) {
  return WatchedBy(tracee, process, pending).endpoint;
}

bool CanEndWait(CallKind kind) {
  switch (kind) {
    case CallKind::kPoll:
    case CallKind::kSelect:
    case CallKind::kEpollWait:
    case CallKind::kSleep:
    case CallKind::kAccept:
    case CallKind::kReceive:
    case CallKind::kSend:
    case CallKind::kWaitForSignal:
      return true;
    default:
      return false;
  }
}

std::int64_t ResultOfEndedWait(Tracee* tracee, const PendingCall& pending) {
  switch (pending.entry->kind) {
    case CallKind::kSelect: {
      const int count = std::clamp(static_cast<int>(pending.arguments[0]), 0, FD_SETSIZE);
      const std::vector<char> zeros(static_cast<std::size_t>(count + 63) / 64 * 8);
      for (int set = 1; set <= 3; ++set) {
        if (pending.arguments[set] != 0) {
          tracee->Write(pending.arguments[set], zeros.data(), zeros.size());
        }
      }
      return 0;
    }
    case CallKind::kAccept:
    case CallKind::kReceive:
    case CallKind::kSend:
    case CallKind::kWaitForSignal:
      return -EAGAIN;
    default:
      return 0;
  }
}

}  // namespace sockspec
