// The tracer: what the program's threads are doing now, and how a timed wait is ended.
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/kernel/process_table.h"
#include "harness/trace/tracer.h"
#include "harness/trace/waits.h"

namespace sockspec {
namespace {

// The same timed wait this often in a row, with no socket call between, is a heartbeat.
constexpr int kHeartbeat = 2;
// Waits are given in milliseconds: a program that waits for the rest of a time shows it by then.
constexpr std::int64_t kResolution = 2'000'000;  // nanoseconds

// futex(address, operation, value, timeout, ...)
bool IsTimedFutex(const BlockedCall& call) {
  return call.number == SYS_futex && call.arguments[3] != 0;
}

}  // namespace

bool Tracer::LaunchedAlive(int run) const { return LaunchedPid(run) != 0; }

pid_t Tracer::LaunchedPid(int run) const {
  for (const auto& [pid, process] : processes_) {
    if (process->launched && process->run == run) return pid;
  }
  return 0;
}

std::vector<pid_t> Tracer::LivingProcesses() const {
  std::vector<pid_t> pids;
  for (const auto& [pid, process] : processes_) pids.push_back(pid);
  return pids;
}

Tracer::Readiness Tracer::ServerReadiness() const {
  Readiness readiness = Readiness::kNotYet;
  for (const auto& [tid, thread] : threads_) {
    if (thread->seeks_clients && Spins()) return Readiness::kReady;
    if (!thread->pending.has_value() || !thread->pending->wait.has_value() ||
        !thread->pending->wait->on_listener) {
      continue;
    }
    if (Asleep(*thread)) return Readiness::kReady;
    readiness = Readiness::kGoingToSleep;
  }
  return readiness;
}

bool Tracer::Asleep(const TracedThread& thread) const { return thread.state_file->Read() == 'S'; }

bool Tracer::OffProcessor(const TracedThread& thread) const {
  // Letter S is no proof: wait4(), poll() and others set that state before they look whether there
  // is anything, and may be preempted so. This file makes the kernel wait for the switch away.
  const auto blocked = ReadBlockedCall(proc_fd_, thread.process->pid, thread.tid);
  return blocked.has_value() && blocked->in == BlockedCall::In::kCall;
}

RestState Tracer::StateOfRest() const {
  RestState state{Rest::kSettled, ""};
  std::vector<const TracedThread*> look_asleep;
  for (const auto& [tid, thread] : threads_) {
    if (thread->group_stopped || thread->held) {
      state.what = thread->held ? "held by the harness" : "stopped by a signal";
      continue;
    }
    const auto letter = thread->state_file->Read();
    if (letter == 'Z' && thread->process->living_threads > 1) continue;  // its leader left
    const bool waits = thread->pending.has_value() && thread->pending->wait.has_value();
    if (letter != 'S') {
      const bool soon = thread->may_sleep || (waits && !thread->pending->end_wait);
      if (letter != 'R' || !soon) return {Rest::kActive, ""};
      state = {Rest::kFallingAsleep, waits ? thread->pending->wait->what : ""};
      continue;
    }
    if (state.rest == Rest::kFallingAsleep) continue;
    if (thread->pending.has_value()) {
      if (thread->pending->end_wait) return {Rest::kActive, ""};
      look_asleep.push_back(thread.get());
      const std::string what = waits ? thread->pending->wait->what : thread->pending->call.name;
      if (waits && thread->pending->wait->timed && !IsHeartbeat(*thread)) {
        state = {Rest::kTimedWait, what};
      } else if (state.rest == Rest::kSettled &&
                 (state.what.empty() || (waits && thread->pending->wait->on_socket))) {
        state.what = what;
      }
      continue;
    }
    const auto blocked = ReadBlockedCall(proc_fd_, thread->process->pid, tid);
    if (!blocked.has_value() || blocked->in == BlockedCall::In::kNothing) {
      state = {Rest::kFallingAsleep, ""};
      continue;
    }
    if (IsTimedFutex(*blocked) && thread->made_socket_call) {
      // A thread that has a conversation open waits for a limited time: it may yet act.
      state = {Rest::kTimedWait, "a timed wait for another thread"};
    }
  }
  if (state.rest == Rest::kFallingAsleep) return state;
  for (const TracedThread* thread : look_asleep) {
    if (!OffProcessor(*thread)) return {Rest::kFallingAsleep, ""};
  }
  return state;
}

bool Tracer::OffTheProcessor() const {
  return std::all_of(threads_.begin(), threads_.end(), [this](const auto& entry) {
    const auto& [tid, thread] = entry;
    if (thread->group_stopped || thread->held || !thread->pending.has_value()) return true;
    const auto blocked = ReadBlockedCall(proc_fd_, thread->process->pid, tid);
    return !blocked.has_value() || blocked->in != BlockedCall::In::kNothing;
  });
}

Tracer::Traffic Tracer::TrafficOf(int connection) const {
  const auto found = traffic_.find(connection);
  if (found == traffic_.end()) return {};
  Traffic traffic = found->second.traffic;
  traffic.closed = found->second.socket.expired();
  return traffic;
}

bool Tracer::IsHeartbeat(const TracedThread& thread) const {
  // Anything that any thread has done since may have given the next beat something to do.
  return thread.equal_waits >= kHeartbeat && thread.last_activity == activity_ &&
         MonotonicNanoseconds() - thread.same_since >= kResolution;
}

bool Tracer::EndTimedWaits() {
  bool any = false;
  for (auto& [tid, thread] : threads_) {
    if (!thread->pending.has_value() || thread->group_stopped) continue;
    PendingCall& pending = *thread->pending;
    if (!pending.wait.has_value() || !pending.wait->timed || pending.end_wait ||
        thread->has_deadline || IsHeartbeat(*thread) || !CanEndWait(pending.entry->kind)) {
      continue;
    }
    if (!Asleep(*thread)) continue;
    // The signal only wakes the thread: its call's exit stop comes first, and there the result
    // becomes a time-out; the signal itself is then thrown away.
    pending.end_wait = true;
    suppress_stop_signal_.insert(tid);
    if (syscall(SYS_tgkill, thread->process->pid, tid, SIGSTOP) == -1) {
      suppress_stop_signal_.erase(tid);
      if (errno != ESRCH) CheckCall(-1, "tgkill({}, SIGSTOP)", tid);
    } else {
      any = true;
    }
  }
  return any;
}

int Tracer::LowestFreeDescriptor(pid_t pid) const {
  std::set<int> used;
  for (const Descriptor& descriptor : DescriptorsOf(proc_fd_, pid)) used.insert(descriptor.fd);
  int free = 0;
  while (used.contains(free)) ++free;
  return free;
}

}  // namespace sockspec
