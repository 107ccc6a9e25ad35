// Calls that set a timer whose end is a signal.
#include "harness/trace/timer_calls.h"

#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include <algorithm>
#include <string_view>

#include "harness/base/clock.h"

namespace sockspec {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kLongest = std::int64_t{1} << 60;  // nanoseconds

// `fraction` counts `unit` nanoseconds.
std::int64_t Span(std::int64_t seconds, std::int64_t fraction, std::int64_t unit) {
  if (seconds < 0) return 0;
  if (seconds >= kLongest / kSecond) return kLongest;
  return seconds * kSecond + std::clamp<std::int64_t>(fraction, 0, kSecond / unit - 1) * unit;
}

void Arm(SignalTimer* timer, std::int64_t now, std::int64_t span, std::int64_t interval) {
  timer->armed = span > 0;
  timer->ended_early = false;
  timer->due = now + span;
  timer->expires = MonotonicNanoseconds() + span;
  timer->interval = interval;
}

SignalTimer& Alarm(std::map<int, SignalTimer>* timers) {
  SignalTimer& timer = (*timers)[SignalTimer::kAlarm];
  timer.signal = SIGALRM;
  return timer;
}

// Only these go on while all threads sleep.
bool GoesOnAsleep(std::uint64_t clock) {
  switch (static_cast<clockid_t>(clock)) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_BOOTTIME_ALARM:
      return true;
    default:
      return false;
  }
}

void TrackCreation(const Tracee& tracee, const PendingCall& pending,
                   std::map<int, SignalTimer>* timers) {
  const auto& a = pending.arguments;
  int id = -1;
  if (!tracee.ReadValue(a[2], &id) || id < 0) return;
  SignalTimer timer;
  timer.clock = static_cast<int>(a[0]);
  timer.signal = SIGALRM;
  timer.value = static_cast<std::uint64_t>(id);
  // struct sigevent as the kernel has it.
  struct {
    std::uint64_t value;
    std::int32_t signal, notify, thread;
  } event{};
  if (a[1] != 0) {
    if (!tracee.ReadValue(a[1], &event) || event.notify == SIGEV_NONE) return;
    timer.signal = event.signal;
    timer.value = event.value;
    if (event.notify == SIGEV_THREAD_ID) timer.thread = event.thread;
  }
  if (GoesOnAsleep(a[0])) (*timers)[id] = timer;
}

void TrackSetting(const Tracee& tracee, const PendingCall& pending, std::int64_t now,
                  std::map<int, SignalTimer>* timers) {
  const auto found = timers->find(static_cast<int>(pending.arguments[0]));
  itimerspec setting{};
  if (found == timers->end() || !tracee.ReadValue(pending.arguments[2], &setting)) return;
  SignalTimer& timer = found->second;
  std::int64_t span = Span(setting.it_value.tv_sec, setting.it_value.tv_nsec, 1);
  if (span > 0 && (pending.arguments[1] & TIMER_ABSTIME) != 0) {
    timespec clock{};
    clock_gettime(timer.clock, &clock);
    span = std::max<std::int64_t>(span - Span(clock.tv_sec, clock.tv_nsec, 1), 1);
  }
  Arm(&timer, now, span, Span(setting.it_interval.tv_sec, setting.it_interval.tv_nsec, 1));
}

}  // namespace

void TrackSignalTimer(const Tracee& tracee, const PendingCall& pending, std::int64_t now,
                      std::map<int, SignalTimer>* timers) {
  const std::string_view name = pending.entry->name;
  const auto& a = pending.arguments;
  if (name == "alarm") {
    Arm(&Alarm(timers), now, Span(static_cast<std::uint32_t>(a[0]), 0, 1), 0);
  } else if (name == "setitimer") {
    if (static_cast<int>(a[0]) != ITIMER_REAL) return;
    itimerval setting{};  // stays so where the pointer is NULL: that disarms, too
    tracee.ReadValue(a[1], &setting);
    Arm(&Alarm(timers), now, Span(setting.it_value.tv_sec, setting.it_value.tv_usec, 1000),
        Span(setting.it_interval.tv_sec, setting.it_interval.tv_usec, 1000));
  } else if (name == "timer_create") {
    TrackCreation(tracee, pending, timers);
  } else if (name == "timer_settime") {
    TrackSetting(tracee, pending, now, timers);
  } else if (name == "timer_delete") {
    timers->erase(static_cast<int>(a[0]));
  }
}

}  // namespace sockspec
