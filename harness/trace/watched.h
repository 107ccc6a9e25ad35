// The sets that poll, select and epoll look at.
#pragma once

#include <memory>
#include <optional>

#include "harness/trace/process_model.h"
#include "harness/trace/timerfd.h"
#include "harness/trace/tracee.h"

namespace sockspec {

// Descriptors of a set that are looked at; a program with more is none to be tested here.
inline constexpr int kMostPolled = 4096;

// What a readiness call looks at, whether it waits or not.
Watched WatchedBy(const Tracee& tracee, const TracedProcess& process, const PendingCall& pending);
// One descriptor alone.
Watched WatchedAlone(const TracedProcess& process, int fd);

// What may be asked while the thread sleeps, for epoll sets and timers change meanwhile.
bool WatchesSocket(const Watched& watched);
// For input; a datagram socket counts as one.
bool WatchesListener(const Watched& watched);
// A socket of that role, for whatever.
bool WatchesRole(const Watched& watched, SocketRole role);
struct NextTimer {
  std::shared_ptr<Timer> timer;
  TimeLeft time;
};
// The armed timer that expires first.
std::optional<NextTimer> FirstTimer(const Watched& watched);

int ExpiredTimers(const Watched& watched);
// Whether one of the timers has been fired: who waits for it looks asleep for a moment more.
bool HasFired(const Watched& watched);
// It has woken somebody who waited for these.
void ForgetFired(const Watched& watched);

// Marks the members of an epoll set that are reported once, after a wait has reported them.
void SpendReported(const Tracee& tracee, const TracedProcess& process, const PendingCall& pending);

}  // namespace sockspec
