// The tracer: time as the program waits for it, and how its waits are ended before their time.
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <limits>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/trace/proc_questions.h"
#include "harness/trace/timerfd.h"
#include "harness/trace/tracer.h"
#include "harness/trace/waits.h"
#include "harness/trace/watched.h"

namespace sockspec {
namespace {

// The same timed wait this often in a row, with nothing done between, is a heartbeat.
constexpr int kHeartbeat = 2;
// Who looks for something between its waits may give up after some times; after so many it does
// not.
constexpr int kPolls = 100;
// Waits are given in milliseconds: a program that waits for the rest of a time shows it by then.
constexpr std::int64_t kResolution = 2'000'000;  // nanoseconds
// What is left of a time shrinks a little between the setting of a timer and the wait for it.
constexpr std::int64_t kSlack = 5'000'000;
// A thread without a conversation that waits for so long only keeps house: collectors, cleaners.
constexpr std::int64_t kHousekeeping = 10'000'000'000;
// A runtime reckons what is left of a time in whole ones of these, and throws away the rest.
constexpr std::int64_t kMillisecond = 1'000'000;
// siginfo_t::si_errno, which nothing reads, of a timer's signal that is the tracer's.
constexpr int kByTracer = 1;

// How long a wait is, told by its own time-out or by the timer that it watches.
struct Length {
  bool timed = false;
  std::int64_t span = kUnknownSpan;
  bool by_clock = false;  // the span is what was left
};

Length LengthOf(const Wait& wait) {
  const auto timer = FirstTimer(wait.watched);
  if (!timer.has_value() || (wait.timed && wait.timeout < timer->time.left)) {
    return {wait.timed, wait.timeout, wait.by_clock};
  }
  const bool periodic = timer->time.interval > 0;
  return {true, periodic ? timer->time.interval : timer->time.left, !periodic};
}

template <typename Predicate>
bool HoldsSocket(const TracedProcess& process, Predicate wanted) {
  return std::ranges::any_of(process.descriptors, [&](const auto& entry) {
    return entry.second.socket != nullptr && wanted(*entry.second.socket);
  });
}

}  // namespace

bool Tracer::ConversationOpen(const TracedThread& thread) const {
  return !thread.conversation.expired();
}

pid_t Tracer::OuterThread(const TracedProcess& process, pid_t inner) const {
  for (const auto& [tid, thread] : threads_) {
    if (thread->process == &process && InnerPid(proc_fd_, tid) == inner) return tid;
  }
  return 0;
}

std::int64_t Tracer::Now() const { return MonotonicNanoseconds() + left_out_; }

bool Tracer::ComesAgain(const TracedThread& thread, const Wait& wait) const {
  return wait.signature == thread.last_wait && thread.last_activity == activity_;
}

void Tracer::BeginWait(TracedThread* thread, Wait* wait) {
  const Length length = LengthOf(*wait);
  wait->began = MonotonicNanoseconds();
  wait->due = wait->timed && wait->timeout >= 0 ? Now() + wait->timeout : 0;
  // What waits for good is no beat. Where it is over and has brought something, that counts as an
  // activity; where it has brought nothing, such as the end of the input once more, the beat goes
  // on.
  if (!length.timed) return;
  const std::int64_t slack = length.by_clock ? kSlack : 0;
  const bool again = ComesAgain(*thread, *wait);
  // Of a point in time more is left when the one before was ended early: the next beat of a clock.
  const bool longer = !length.by_clock && length.span > thread->last_timeout;
  const bool anew = !again || longer;
  if (anew) {
    thread->deadlines_passed =
        again ? thread->deadlines_passed + (thread->has_deadline ? 1 : 0) : 0;
    thread->equal_waits = 0;
    thread->polls_between = false;
    thread->has_deadline = false;
  } else if (length.span + slack < thread->first_timeout) {
    thread->has_deadline = true;
    thread->equal_waits = 0;  // those before were too short to show it
  } else {
    ++thread->equal_waits;
  }
  if (anew || length.span > thread->first_timeout) {
    // Where it is longer, the first was looked at late: this one tells better how long they are.
    thread->first_timeout = length.span;
    thread->same_since = wait->began;
    thread->steady_for = 0;
  } else if (thread->equal_waits > 0) {
    // The program reckoned this wait's length after the one before had begun. It may have done so
    // long before this one: whatever passed since then shows nothing.
    const std::int64_t passed = thread->last_began - thread->same_since;
    // Java reckons by whole milliseconds and forgets the rest of each.
    thread->steady_for = length.by_clock ? passed / 2 - kSlack : passed;
  }
  thread->last_began = wait->began;
  thread->last_wait = wait->signature;
  thread->last_timeout = length.span;
  thread->last_activity = activity_;
}

bool Tracer::IsHeartbeat(const TracedThread& thread) const {
  // Anything that any thread has done since may have given the next beat something to do.
  if (thread.last_activity != activity_) return false;
  // Who looks at its clock beats by deadlines, as redis does.
  if (thread.deadlines_passed >= kHeartbeat) return true;
  // On its way out a runtime counts how often it has waited for its threads: Java 30 times 10 ms.
  const bool counts = thread.polls_between || thread.process->told_to_end;
  return thread.equal_waits >= (counts ? kPolls : kHeartbeat) && thread.steady_for >= kResolution;
}

// Whether a thread sleeps until somebody comes: for servers a client, for clients anything.
bool Tracer::AwaitsPeers() const {
  const bool serves = std::ranges::any_of(processes_, [](const auto& process) {
    return HoldsSocket(*process.second, [](const OpenSocket& socket) {
      return socket.role == SocketRole::kListener;
    });
  });
  return std::ranges::any_of(threads_, [serves](const auto& entry) {
    const TracedThread& thread = *entry.second;
    if (!thread.pending.has_value() || !thread.pending->wait.has_value()) return false;
    const Wait& wait = *thread.pending->wait;
    return serves ? wait.on_listener || WatchesListener(wait.watched) : wait.on_socket;
  });
}

// A timed wait for other threads, by one that has no conversation: no concern of ours while
// somebody waits for peers. Where nobody does, or the program is told to end, it is what goes on: a
// pause before the next accept(), the last steps of a runtime.
bool Tracer::IsRuntimesOwn(const TracedThread& thread) const {
  if (!thread.pending.has_value() || !thread.pending->wait.has_value()) return false;
  const Wait& wait = *thread.pending->wait;
  if (!wait.internal) return false;
  return wait.timeout >= kHousekeeping || (!thread.process->told_to_end && AwaitsPeers());
}

// It waits for the rest of some time that nobody on the other side of a socket waits for:
// - It has looked at its listener, without anything to do, and nobody is served now. Runtimes do so
//   for their own sake: V8 looks after its memory 8 and 100 seconds later.
// - Its process has no socket, and another one looks for clients: the cleaners and writers of a
//   daemon, such as PostgreSQL has. What others give them to do wakes them before their time.
bool Tracer::KeepsHouse(const TracedThread& thread) const {
  if (!thread.has_deadline || thread.process->told_to_end) return false;
  const Watched& watched = thread.pending->wait->watched;
  if (!WatchesListener(watched)) {
    return !HoldsSocket(*thread.process, [](const OpenSocket&) { return true; }) && AwaitsPeers();
  }
  // Who has put its listener aside for some time looks at it again when that is over.
  if (thread.last_activity != activity_ || !WatchesRole(watched, SocketRole::kListener)) {
    return false;
  }
  return std::ranges::none_of(processes_, [](const auto& process) {
    return HoldsSocket(*process.second, [](const OpenSocket& socket) {
      return socket.role == SocketRole::kConnection || socket.role == SocketRole::kClient;
    });
  });
}

bool Tracer::IsComing(const SignalTimer& timer) const {
  // Who takes the signal by sigwait() or a signalfd does not let the tracer see it.
  const bool passed = timer.interval == 0 && MonotonicNanoseconds() >= timer.expires;
  return timer.armed && !passed && !IsHeartbeat(timer);
}

bool Tracer::IsHeartbeat(const SignalTimer& timer) const {
  return timer.beats >= kHeartbeat && timer.last_activity == activity_;
}

void Tracer::NoteBeat(SignalTimer* timer) {
  timer->beats = timer->last_activity == activity_ ? timer->beats + 1 : 0;
  timer->last_activity = activity_;
  timer->armed = timer->interval > 0;
  timer->due = Now() + timer->interval;
  timer->expires = MonotonicNanoseconds() + timer->interval;
}

SignalTimer* Tracer::TimerOf(TracedProcess* process, const siginfo_t& info, bool* by_kernel) {
  int id = SignalTimer::kAlarm;
  if (info.si_code == SI_TIMER) {
    id = info.si_timerid;
  } else if (info.si_code != SI_KERNEL || info.si_signo != SIGALRM) {
    return nullptr;
  }
  *by_kernel = info.si_errno != kByTracer;
  const auto found = process->signal_timers.find(id);
  return found == process->signal_timers.end() ? nullptr : &found->second;
}

// What could be ended before its time; one of the three.
struct Tracer::TimedWait {
  std::int64_t due = 0;  // on the clock of Now()
  TracedThread* thread = nullptr;
  std::shared_ptr<Timer> timer;
  TracedProcess* process = nullptr;  // whose signal timer `id` it is
  int id = 0;
};

std::vector<Tracer::TimedWait> Tracer::TimedWaits() {
  std::vector<TimedWait> waits;
  const std::int64_t now = Now();
  for (auto& [tid, thread] : threads_) {
    if (!thread->pending.has_value() || thread->group_stopped) continue;
    const PendingCall& pending = *thread->pending;
    if (!pending.wait.has_value() || pending.end_wait || thread->has_deadline ||
        IsHeartbeat(*thread) || IsRuntimesOwn(*thread) || !Asleep(*thread)) {
      continue;
    }
    const auto timer = FirstTimer(pending.wait->watched);
    if (timer.has_value()) waits.push_back({.due = now + timer->time.left, .timer = timer->timer});
    if (pending.wait->timed && CanEndWait(pending.entry->kind)) {
      waits.push_back({.due = pending.wait->due, .thread = thread.get()});
    }
  }
  for (auto& [pid, process] : processes_) {
    for (const auto& [id, timer] : process->signal_timers) {
      if (!IsComing(timer)) continue;
      waits.push_back({.due = timer.due, .process = process.get(), .id = id});
    }
  }
  return waits;
}

// Java's sleep() would wait for ever, were each wait over before a millisecond has passed.
bool Tracer::MustLast(const TracedThread& thread) const {
  const Wait& wait = *thread.pending->wait;
  return wait.internal && thread.equal_waits > 0 &&
         MonotonicNanoseconds() - wait.began < kMillisecond;
}

bool Tracer::End(const TimedWait& wait) {
  if (wait.timer != nullptr) {
    Fire(*wait.timer);
    wait.timer->fired = true;
    return true;
  }
  if (wait.process != nullptr) {
    SignalTimer& timer = wait.process->signal_timers.at(wait.id);
    siginfo_t info{};
    info.si_signo = timer.signal;
    info.si_code = SI_TIMER;
    info.si_errno = kByTracer;
    info.si_timerid = wait.id;
    info.si_value.sival_ptr = reinterpret_cast<void*>(timer.value);
    const pid_t pid = wait.process->pid;
    const pid_t thread = timer.thread == 0 ? 0 : OuterThread(*wait.process, timer.thread);
    if (timer.interval == 0) timer.ended_early = true;
    NoteBeat(&timer);
    const long rc = thread == 0 ? syscall(SYS_rt_sigqueueinfo, pid, timer.signal, &info)
                                : syscall(SYS_rt_tgsigqueueinfo, pid, thread, timer.signal, &info);
    if (rc == -1 && errno != ESRCH) CheckCall(-1, "rt_sigqueueinfo({}, {})", pid, timer.signal);
    return rc == 0;
  }
  // The signal only wakes the thread: its call's exit stop comes first, and there the result
  // becomes a time-out; the signal itself is then thrown away.
  const pid_t tid = wait.thread->tid;
  wait.thread->pending->end_wait = true;
  suppress_stop_signal_.insert(tid);
  if (syscall(SYS_tgkill, wait.thread->process->pid, tid, SIGSTOP) == 0) return true;
  suppress_stop_signal_.erase(tid);
  if (errno != ESRCH) CheckCall(-1, "tgkill({}, SIGSTOP)", tid);
  return false;
}

bool Tracer::EndTimedWaits() {
  const std::vector<TimedWait> waits = TimedWaits();
  if (waits.empty()) return false;
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  for (const TimedWait& wait : waits) first = std::min(first, wait.due);
  left_out_ += std::max<std::int64_t>(first - Now(), 0);
  const std::int64_t now = Now();
  bool any = false;
  std::set<const Timer*> fired;  // two threads may wait for one
  for (const TimedWait& wait : waits) {
    if (wait.due > now) continue;
    if (wait.timer != nullptr && !fired.insert(wait.timer.get()).second) continue;
    any = (wait.thread != nullptr && MustLast(*wait.thread)) || End(wait) || any;
  }
  return any;
}

}  // namespace sockspec
