// The tracer: what the program's threads are doing now.
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <vector>

#include "harness/base/error.h"
#include "harness/kernel/process_table.h"
#include "harness/trace/tracer.h"
#include "harness/trace/waits.h"
#include "harness/trace/watched.h"

namespace sockspec {

pid_t Tracer::LaunchedPid(int run) const {
  for (const auto& [pid, process] : processes_) {
    if (process->launched && process->run == run) return pid;
  }
  return 0;
}

void Tracer::EndStrays(pid_t reaper) {
  for (const pid_t pid : DescendantsOf(proc_fd_, reaper)) {
    if (processes_.contains(pid)) continue;
    kill(pid, SIGKILL);
    int status = 0;
    pid_t ended = 0;
    do {  // its stops come first; what is ours no more (ECHILD) has ended
      ended = waitpid(pid, &status, __WALL);
    } while ((ended == pid && WIFSTOPPED(status)) || (ended == -1 && errno == EINTR));
    early_stops_.erase(pid);
  }
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
    if (!thread->pending.has_value() || !thread->pending->wait.has_value()) continue;
    const Wait& wait = *thread->pending->wait;
    // Between two naps it looks for clients without waiting.
    const bool looks_again = thread->seeks_clients && wait.naps && IsHeartbeat(*thread);
    if (!wait.on_listener && !looks_again && !WatchesListener(wait.watched)) continue;
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
    // It has just been let go on, and not into a call in which it may sleep.
    if (thread->resumed_at == looks_ && !thread->may_sleep &&
        !(thread->pending.has_value() && thread->pending->wait.has_value())) {
      return {Rest::kActive, ""};
    }
    const auto letter = thread->state_file->Read();
    if (letter == 'Z' && thread->process->living_threads > 1) continue;  // its leader left
    const Wait* wait = thread->pending.has_value() && thread->pending->wait.has_value()
                           ? &*thread->pending->wait
                           : nullptr;
    if (letter != 'S') {
      const bool soon = thread->may_sleep || (wait != nullptr && !thread->pending->end_wait);
      if (letter != 'R' || !soon) return {Rest::kActive, ""};
      state = {Rest::kFallingAsleep, wait != nullptr ? Describe(*wait) : ""};
      continue;
    }
    if (state.rest == Rest::kFallingAsleep) continue;
    if (thread->pending.has_value()) {
      if (thread->pending->end_wait || (wait != nullptr && HasFired(wait->watched))) {
        return {Rest::kActive, ""};
      }
      look_asleep.push_back(thread.get());
      const std::string what = wait != nullptr ? Describe(*wait) : thread->pending->call.name;
      if (IsRuntimesOwn(*thread)) continue;
      const bool timed = wait != nullptr && (wait->timed || FirstTimer(wait->watched).has_value());
      if (timed && !IsHeartbeat(*thread) && !KeepsHouse(*thread)) {
        state = {Rest::kTimedWait, what};
      } else if (state.rest == Rest::kSettled &&
                 (state.what.empty() || (wait != nullptr && wait->on_socket))) {
        state.what = what;
      }
      continue;
    }
    const auto blocked = ReadBlockedCall(proc_fd_, thread->process->pid, tid);
    if (!blocked.has_value() || blocked->in == BlockedCall::In::kNothing) {
      state = {Rest::kFallingAsleep, ""};
    }
  }
  if (state.rest == Rest::kSettled) {
    for (const auto& [pid, process] : processes_) {
      for (const auto& [id, timer] : process->signal_timers) {
        if (IsComing(timer)) {
          state = {Rest::kTimedWait, SignalName(timer.signal) + " to come"};
        }
      }
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
  traffic.sending = std::any_of(threads_.begin(), threads_.end(), [&](const auto& entry) {
    const TracedThread& thread = *entry.second;
    return thread.pending.has_value() && !thread.held &&
           thread.pending->entry->kind == CallKind::kSend &&
           thread.pending->call.connection == connection;
  });
  return traffic;
}

}  // namespace sockspec
