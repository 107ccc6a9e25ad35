// The tracer: stops of the program under test. Its threads, processes and signals.
#include "harness/trace/tracer.h"

#include <sched.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "harness/base/error.h"
#include "harness/base/processor.h"
#include "harness/kernel/process_table.h"
#include "harness/trace/architecture.h"
#include "harness/trace/clock_shift.h"
#include "harness/trace/proc_questions.h"
#include "harness/trace/syscall_stop.h"
#include "harness/trace/tracee.h"

namespace sockspec {
namespace {

constexpr int kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK |
                         PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
                         PTRACE_O_EXITKILL;

// Stop signals whose delivery is followed by a group stop.
bool IsStopSignal(int signal) {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

// Its calls would be misread; the filter kills it at its first one.
void RequireOwnMachine(int proc_fd, pid_t pid) {
  const int machine = MachineOf(proc_fd, pid);
  if (machine == -1 || machine == kElfMachine) return;
  throw std::runtime_error(fmt::format(
      "{} is built for another processor (ELF machine {}), whose system calls cannot be followed; "
      "build it for this one (ELF machine {})",
      CommandName(proc_fd, pid), machine, kElfMachine));
}

}  // namespace

Tracer::Tracer(int proc_fd, WatchHooks hooks) : proc_fd_(proc_fd), hooks_(std::move(hooks)) {}
Tracer::~Tracer() = default;

TracedProcess* Tracer::AddProcess(pid_t pid, int run) {
  auto process = std::make_unique<TracedProcess>();
  process->pid = pid;
  process->number = next_process_++;
  process->inner_pid = InnerPid(proc_fd_, pid);
  numbers_[process->inner_pid] = process->number;
  process->run = run;
  return (processes_[pid] = std::move(process)).get();
}

TracedThread* Tracer::AddThread(pid_t tid, TracedProcess* process) {
  auto thread = std::make_unique<TracedThread>();
  thread->tid = tid;
  thread->number = next_thread_++;
  thread->process = process;
  thread->state_file.emplace(proc_fd_, process->pid, tid);
  ++process->living_threads;
  return (threads_[tid] = std::move(thread)).get();
}

TracedThread* Tracer::Find(pid_t tid) {
  const auto found = threads_.find(tid);
  return found == threads_.end() ? nullptr : found->second.get();
}

void Tracer::Emit(TracedThread* thread, Event event) {
  event.run = thread->process->run;
  event.process = thread->process->number;
  event.thread = thread->number;
  hooks_.record(std::move(event));
}

void Tracer::Adopt(pid_t pid, int run, bool own_clock) {
  CheckCall(ptrace(PTRACE_SETOPTIONS, pid, 0, kOptions), "ptrace(PTRACE_SETOPTIONS, {})", pid);
  RequireOwnMachine(proc_fd_, pid);
  TracedProcess* process = AddProcess(pid, run);
  process->launched = true;
  own_clock_ = own_clock;
  listens_ = awaited_clients_ = false;
  starts_ = true;
  process->first_stack = StackPointer(pid);
  if (own_clock_) HideVdso(pid);
  TracedThread* thread = AddThread(pid, process);
  Emit(thread, {.kind = EventKind::kProcessStarted, .text = "launch"});
  TakeInherited(thread);
  // LaunchProgram has installed it where there is such a socket.
  process->socket_filter = !process->descriptors.empty();
  Begin(thread);
}

void Tracer::Resume(TracedThread* thread, int signal) {
  thread->resumed_at = looks_;
  const bool to_exit = thread->pending.has_value();
  if (ptrace(to_exit ? PTRACE_SYSCALL : PTRACE_CONT, thread->tid, 0, signal) == -1 &&
      errno != ESRCH) {  // ESRCH: it was killed meanwhile; its end is reported by waitpid
    CheckCall(-1, "ptrace(PTRACE_CONT, {})", thread->tid);
  }
}

int Tracer::HandleStops() {
  ++looks_;
  int handled = 0;
  // While the program starts nobody else has anything to do. It has the processor until it stops
  // again or sleeps, without a turn of the event loop for each of its calls.
  int let_run = 0;
  while (handled < kMostStops) {
    int status = 0;
    const pid_t tid = waitpid(-1, &status, __WALL | WNOHANG);
    if (tid == -1 && errno == EINTR) continue;
    if (tid == 0 && let_run < handled && starts_ && StaysOnProcessor()) {
      let_run = handled;
      sched_yield();
      continue;
    }
    if (tid <= 0) break;  // none now, or (ECHILD) no child at all
    ++handled;
    HandleStop(tid, status);
  }
  return handled;
}

void Tracer::HandleStop(pid_t tid, int status) {
  TracedThread* thread = Find(tid);
  if (WIFEXITED(status) || WIFSIGNALED(status)) {
    if (thread == nullptr) {
      early_stops_.erase(tid);
      hooks_.other_child_ended(tid, status);
    } else {
      OnEnded(tid, status);
    }
    return;
  }
  if (thread == nullptr) {
    early_stops_[tid] = status;  // until the event of its parent says what it is
    return;
  }
  thread->may_sleep = false;
  const int signal = WSTOPSIG(status);
  const int event = status >> 16;
  if (event == PTRACE_EVENT_SECCOMP) return OnEntry(thread);
  if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
    return OnNewThread(thread, event);
  }
  if (event == PTRACE_EVENT_EXEC) return OnExec(thread);
  if (event != 0) return Resume(thread);
  if (signal == kSyscallStop) {
    if (!thread->pending.has_value()) return Resume(thread);
    return OnExit(thread);
  }
  OnSignal(thread, signal);
}

void Tracer::OnNewThread(TracedThread* parent, int event) {
  ++activity_;
  unsigned long child = 0;
  if (ptrace(PTRACE_GETEVENTMSG, parent->tid, 0, &child) == 0) {
    const pid_t tid = static_cast<pid_t>(child);
    const bool is_thread =
        event == PTRACE_EVENT_CLONE && IsThreadOf(proc_fd_, parent->process->pid, tid);
    TracedProcess* process = parent->process;
    if (!is_thread) {
      process = AddProcess(tid, parent->process->run);
      process->descriptors = parent->process->descriptors;
      process->socket_filter = parent->process->socket_filter;
      process->open_filter = parent->process->open_filter;
      process->first_stack = parent->process->first_stack;
    }
    TracedThread* thread = AddThread(tid, process);
    if (event != PTRACE_EVENT_VFORK) HoldNewTask(thread);
    Emit(thread, {.kind = EventKind::kProcessStarted,
                  .number = parent->process->number,
                  .text = is_thread                     ? "thread"
                          : event == PTRACE_EVENT_VFORK ? "vfork"
                                                        : "fork"});
    thread->first_stop_due = early_stops_.erase(tid) == 0;
    if (!thread->first_stop_due) Begin(thread);
  }
  Resume(parent);
}

void Tracer::LeaveSharedProcessor() {
  if (!StaysOnProcessor()) return;
  LeaveProcessor();
  for (const auto& [tid, thread] : threads_) LeaveProcessor(tid);
}

void Tracer::Begin(TracedThread* thread) {
  thread->has_begun = true;
  if (!thread->held) Resume(thread);
}

void Tracer::OnExec(TracedThread* thread) {
  ++activity_;
  TracedProcess* process = thread->process;
  // The other threads are gone, whichever of them called execve().
  for (auto it = threads_.begin(); it != threads_.end();) {
    const bool other = it->second->process == process && it->second.get() != thread;
    it = other ? threads_.erase(it) : std::next(it);
  }
  process->living_threads = 1;
  RequireOwnMachine(proc_fd_, process->pid);
  process->first_stack = StackPointer(thread->tid);
  if (own_clock_) HideVdso(process->pid);
  thread->pending.reset();
  thread->interrupted.reset();
  // execve(2): of the timers only the one of alarm() stays.
  std::erase_if(process->signal_timers,
                [](const auto& entry) { return entry.first != SignalTimer::kAlarm; });
  thread->state_file.emplace(proc_fd_, process->pid, thread->tid);
  std::erase_if(process->descriptors, [](const auto& entry) { return entry.second.close_on_exec; });
  const auto left = std::count_if(
      process->descriptors.begin(), process->descriptors.end(), [](const auto& entry) {
        return entry.first > 2 && entry.second.socket != nullptr &&
               entry.second.socket->role != SocketRole::kPair;  // made to talk to the helper
      });
  Emit(thread,
       {.kind = EventKind::kExecuted, .number = left, .text = CommandName(proc_fd_, process->pid)});
  Resume(thread);
}

void Tracer::OnEnded(pid_t tid, int status) {
  ++activity_;
  TracedThread* thread = Find(tid);
  TracedProcess* process = thread->process;
  NoteInterrupted(thread);
  if (process->pid == tid) {
    Event event{.kind = process->launched ? EventKind::kExited : EventKind::kProcessEnded};
    if (WIFEXITED(status)) {
      event.number = WEXITSTATUS(status);
    } else {
      event.number = -1;
      event.signal = WTERMSIG(status);
    }
    Emit(thread, std::move(event));
    std::erase_if(threads_, [&](const auto& entry) { return entry.second->process == process; });
    processes_.erase(tid);
    return;
  }
  --process->living_threads;
  failing_in_a_row_.erase(tid);
  threads_.erase(tid);
}

void Tracer::OnSignal(TracedThread* thread, int signal) {
  siginfo_t info{};
  if (IsStopSignal(signal)) {
    if (ptrace(PTRACE_GETSIGINFO, thread->tid, 0, &info) == -1 && errno == EINVAL) {
      thread->group_stopped = true;  // stays so until Signal(SIGCONT)
      return;
    }
    if (suppress_stop_signal_.erase(thread->tid) > 0) return Resume(thread);
    if (signal == SIGSTOP && std::exchange(thread->first_stop_due, false)) return Begin(thread);
  }
  if (signal == SIGTRAP && thread->last_call.empty()) return Resume(thread);
  bool by_kernel = false;
  SignalTimer* timer = nullptr;
  if (ptrace(PTRACE_GETSIGINFO, thread->tid, 0, &info) == 0) {
    timer = TimerOf(thread->process, info, &by_kernel);
  }
  if (timer == nullptr) {
    ++activity_;
  } else if (by_kernel && timer->ended_early) {
    timer->ended_early = false;  // the program has had this one
    return Resume(thread);
  } else if (by_kernel) {
    NoteBeat(timer);
  }
  Emit(thread, {.kind = EventKind::kSignal, .signal = signal, .number = signal});
  if (thread->interrupted.has_value()) {
    const auto status = ReadProcessStatus(proc_fd_, thread->process->pid);
    if (status && status->Catches(signal)) NoteInterrupted(thread);
  }
  Resume(thread, signal);
}

bool Tracer::AllStopped() const {
  return std::all_of(threads_.begin(), threads_.end(), [](const auto& entry) {
    return entry.second->group_stopped || entry.second->held;
  });
}

void Tracer::Signal(pid_t pid, int signal) {
  if (kill(pid, signal) == -1 && errno != ESRCH) {
    CheckCall(-1, "kill({}, {})", pid, SignalName(signal));
  }
  const auto process = processes_.find(pid);
  if (process != processes_.end() && signal != SIGSTOP && signal != SIGCONT) {
    process->second->told_to_end = true;
  }
  if (signal != SIGCONT && signal != SIGKILL) return;
  for (auto& [tid, thread] : threads_) {
    if (thread->process->pid != pid || !thread->group_stopped) continue;
    thread->group_stopped = false;
    // The kernel throws waiting stop signals away (signal(7)): ours, and that of a new thread.
    suppress_stop_signal_.erase(tid);
    if (std::exchange(thread->first_stop_due, false)) {
      Begin(thread.get());
    } else {
      Resume(thread.get());
    }
  }
}

}  // namespace sockspec
