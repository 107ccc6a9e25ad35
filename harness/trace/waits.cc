// Which calls may put a thread to sleep.
#include "harness/trace/waits.h"

#include <linux/futex.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "harness/trace/watched.h"

namespace sockspec {
namespace {

constexpr std::int64_t kForEver = -1;  // nanoseconds otherwise
constexpr std::int64_t kSecond = 1'000'000'000;

struct TimeOut {
  std::int64_t span = kForEver;
  bool by_clock = false;  // a point in time, of which this is left
};

// A time by pointer (timespec, or timeval of the same size and meaning of zero). Absurd ones count
// as the last one that a number of nanoseconds holds; before its last second there is room for a
// fraction that is absurd in a timeval.
constexpr std::int64_t kLastTime = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLastSecond = kLastTime / kSecond - 1000;
std::int64_t ReadTime(const Tracee& tracee, std::uint64_t address, std::int64_t unit) {
  timespec span{};
  if (address == 0 || !tracee.ReadValue(address, &span) || span.tv_sec < 0) return kForEver;
  if (span.tv_sec >= kLastSecond) return kLastTime;
  return span.tv_sec * kSecond + std::clamp<std::int64_t>(span.tv_nsec, 0, kSecond - 1) * unit;
}
// 36 years; any of today's times may be added to it.
constexpr std::int64_t kLongest = std::int64_t{1} << 60;
TimeOut ReadSpan(const Tracee& tracee, std::uint64_t address, std::int64_t unit) {
  return {std::min(ReadTime(tracee, address, unit), kLongest)};
}
TimeOut FromMilliseconds(std::uint64_t argument) {
  const auto timeout = static_cast<std::int32_t>(argument);
  return {timeout < 0 ? kForEver : std::int64_t{timeout} * 1'000'000};
}
TimeOut ReadPoint(const Tracee& tracee, std::uint64_t address, clockid_t clock) {
  const std::int64_t at = ReadTime(tracee, address, 1);
  timespec now{};
  if (at == kForEver || clock_gettime(clock, &now) == -1) return {kForEver};
  return {std::clamp<std::int64_t>(at - now.tv_sec * kSecond - now.tv_nsec, 0, kLongest), true};
}

TimeOut TimeoutOf(const Tracee& tracee, const PendingCall& pending) {
  const auto& a = pending.arguments;
  const std::string_view name = pending.entry->name;
  if (name == "ppoll") return ReadSpan(tracee, a[2], 1);
  if (name == "poll") return FromMilliseconds(a[2]);
  if (name == "select") return ReadSpan(tracee, a[4], 1000);  // a timeval
  if (name == "pselect6") return ReadSpan(tracee, a[4], 1);
  if (name == "epoll_pwait2") return ReadSpan(tracee, a[3], 1);
  if (name == "epoll_wait" || name == "epoll_pwait") return FromMilliseconds(a[3]);
  if (name == "rt_sigtimedwait") return ReadSpan(tracee, a[2], 1);
  if (name == "nanosleep") return ReadSpan(tracee, a[0], 1);
  if (name == "clock_nanosleep") {
    return (a[1] & TIMER_ABSTIME) != 0 ? ReadPoint(tracee, a[2], static_cast<clockid_t>(a[0]))
                                       : ReadSpan(tracee, a[2], 1);
  }
  if (name == "futex") {
    if ((a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT) return ReadSpan(tracee, a[3], 1);
    const bool realtime = (a[1] & FUTEX_CLOCK_REALTIME) != 0;
    return ReadPoint(tracee, a[3], realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC);
  }
  return {};
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
  if (pending.entry->kind != CallKind::kSleep && pending.entry->kind != CallKind::kFutexWait) {
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
  wait.what = pending.entry->name;
  const OpenSocket* socket = pending.socket.get();
  const auto take_timeout = [&] {
    const TimeOut timeout = TimeoutOf(tracee, pending);
    wait.timed = timeout.span != kForEver;
    wait.timeout = wait.timed ? timeout.span : kUnknownSpan;
    wait.by_clock = timeout.by_clock;
  };
  switch (pending.entry->kind) {
    case CallKind::kAccept:
    case CallKind::kConnect:
    case CallKind::kSend:
    case CallKind::kReceive: {
      if (socket == nullptr) {
        wait.watched = WatchedAlone(process, pending.call.fd);
        wait.what += wait.watched.timers.empty() ? "(standard input)" : "(timer)";
        return wait;
      }
      if (socket->non_blocking || (pending.call.flags & MSG_DONTWAIT) != 0) {
        return std::nullopt;
      }
      wait.what += "(" + NameRole(*socket) + ")";
      wait.on_socket = true;
      wait.on_listener = pending.entry->kind == CallKind::kAccept ||
                         (pending.entry->kind == CallKind::kReceive && socket->endpoint);
      const bool receives =
          pending.entry->kind == CallKind::kReceive || pending.entry->kind == CallKind::kAccept;
      wait.timeout = receives ? socket->receive_timeout : socket->send_timeout;
      wait.timed = wait.timeout != 0;
      return wait;
    }
    case CallKind::kPoll:
    case CallKind::kSelect:
    case CallKind::kEpollWait:
      take_timeout();
      if (wait.timeout == 0) return std::nullopt;
      wait.watched = WatchedBy(tracee, process, pending);
      wait.on_socket = WatchesSocket(wait.watched);
      wait.naps = wait.timed && pending.entry->kind != CallKind::kEpollWait &&
                  pending.arguments[pending.entry->kind == CallKind::kPoll ? 1 : 0] == 0;
      return wait;
    case CallKind::kSleep:
      take_timeout();
      wait.timed = wait.naps = true;
      return wait;
    case CallKind::kFutexWait:
      take_timeout();
      wait.what = "a timed wait for another thread";
      return wait;
    case CallKind::kWaitForSignal:
      take_timeout();
      if (wait.timeout == 0) return std::nullopt;
      return wait;
    case CallKind::kWaitForChild:
      if ((pending.arguments[wait.what == "wait4" ? 2 : 3] & WNOHANG) != 0) return std::nullopt;
      return wait;
    default:
      return std::nullopt;
  }
}

std::string Describe(const Wait& wait) {
  std::string text = wait.what;
  const bool looks =
      !wait.watched.sockets.empty() || !wait.watched.epolls.empty();  // a readiness wait
  if (looks && WatchesListener(wait.watched)) {
    text += " on the listener";
  } else if (looks && WatchesSocket(wait.watched)) {
    text += " on a socket";
  }
  if (wait.timed && !wait.naps) text += " with a time-out";
  return text;
}

bool CanEndWait(CallKind kind) {
  switch (kind) {
    case CallKind::kPoll:
    case CallKind::kSelect:
    case CallKind::kEpollWait:
    case CallKind::kSleep:
    case CallKind::kFutexWait:
    case CallKind::kAccept:
    case CallKind::kConnect:
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
      const int count = std::clamp(static_cast<int>(pending.arguments[0]), 0, kMostPolled);
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
    case CallKind::kConnect:
      return -EINPROGRESS;  // socket(7): what SO_SNDTIMEO makes of it
    case CallKind::kFutexWait:
      return -ETIMEDOUT;
    default:
      return 0;
  }
}

}  // namespace sockspec
