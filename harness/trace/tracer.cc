// The tracer: stops of the program under test. Threads, signals, and calls at entry and exit.
#include "harness/trace/tracer.h"

#include <sched.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "harness/base/error.h"
#include "harness/base/processor.h"
#include "harness/trace/architecture.h"
#include "harness/trace/clock_shift.h"
#include "harness/trace/decode.h"
#include "harness/trace/proc_questions.h"
#include "harness/trace/syscall_stop.h"
#include "harness/trace/timerfd.h"
#include "harness/trace/tracee.h"
#include "harness/trace/transfers.h"
#include "harness/trace/waits.h"
#include "harness/trace/watched.h"

namespace sockspec {
namespace {

constexpr int kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK |
                         PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
                         PTRACE_O_EXITKILL;

// The kernel's own codes for an interrupted call (include/linux/errno.h); never seen by programs.
constexpr int kRestartSys = 512, kRestartNoIntr = 513, kRestartNoHand = 514,
              kRestartRestartBlock = 516;
bool IsRestart(std::int64_t result) {
  return result == -kRestartSys || result == -kRestartNoIntr || result == -kRestartNoHand ||
         result == -kRestartRestartBlock;
}

// Stop signals whose delivery is followed by a group stop.
bool IsStopSignal(int signal) {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

// Whether a call that transfers bytes is one that reads a timerfd and may sleep in it.
bool WaitsForTimer(const TracedProcess& process, const PendingCall& pending) {
  if (pending.entry->kind != CallKind::kReceive) return false;
  const auto found = process.descriptors.find(pending.call.fd);
  return found != process.descriptors.end() && found->second.timer != nullptr &&
         !AnswersAtOnce(*found->second.timer);
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

// Of rt_sigaction() the result is known before (sigaction(2) ERRORS); it need not stop again.
bool SurelySucceeds(const PendingCall& pending) {
  const int signal = pending.call.number;
  constexpr std::uint64_t kSetSize = 8;  // of the kernel's sigset_t
  return signal >= 1 && signal <= SIGRTMAX && signal != SIGKILL && signal != SIGSTOP &&
         !pending.call.option.empty() && pending.arguments[3] == kSetSize;
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
  if (own_clock_) HideVdso(pid);
  TracedThread* thread = AddThread(pid, process);
  Emit(thread, {.kind = EventKind::kProcessStarted, .text = "launch"});
  TakeInherited(thread);
  // LaunchProgram has installed it where there is such a socket.
  process->socket_filter = !process->descriptors.empty();
  Begin(thread);
}

void Tracer::Resume(TracedThread* thread, int signal) {
  const bool to_exit = thread->pending.has_value();
  if (ptrace(to_exit ? PTRACE_SYSCALL : PTRACE_CONT, thread->tid, 0, signal) == -1 &&
      errno != ESRCH) {  // ESRCH: it was killed meanwhile; its end is reported by waitpid
    CheckCall(-1, "ptrace(PTRACE_CONT, {})", thread->tid);
  }
}

int Tracer::HandleStops() {
  int handled = 0;
  while (handled < kMostStops) {
    int status = 0;
    const pid_t tid = waitpid(-1, &status, __WALL | WNOHANG);
    if (tid == -1 && errno == EINTR) continue;
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
      process->handlers = parent->process->handlers;
    }
    TracedThread* thread = AddThread(tid, process);
    if (event != PTRACE_EVENT_VFORK) HoldNewTask(thread);
    Emit(thread, {.kind = EventKind::kProcessStarted,
                  .number = parent->process->number,
                  .text = is_thread                     ? "thread"
                          : event == PTRACE_EVENT_VFORK ? "vfork"
                                                        : "fork"});
    LeaveSharedProcessor();
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
  if (own_clock_) HideVdso(process->pid);
  thread->pending.reset();
  thread->interrupted.reset();
  // execve(2): of the timers only the one of alarm() stays.
  std::erase_if(process->signal_timers,
                [](const auto& entry) { return entry.first != SignalTimer::kAlarm; });
  thread->state_file.emplace(proc_fd_, process->pid, thread->tid);
  process->handlers.clear();
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
    const auto handler = thread->process->handlers.find(signal);
    if (handler != thread->process->handlers.end()) NoteInterrupted(thread);
  }
  Resume(thread, signal);
}

void Tracer::OnEntry(TracedThread* thread) {
  __ptrace_syscall_info info{};
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread->tid, sizeof info, &info) == -1) {
    if (errno == ESRCH) return;
    CheckCall(-1, "ptrace(PTRACE_GET_SYSCALL_INFO, {})", thread->tid);
  }
  const CallEntry* entry = FindCall(info.seccomp.nr);
  if (entry == nullptr) return Resume(thread);
  if (entry->kind == CallKind::kAffinity &&
      (info.seccomp.nr != SYS_sched_getaffinity || !StaysOnProcessor())) {
    LeaveSharedProcessor();
    return Resume(thread);
  }
  if (entry->kind == CallKind::kClock && clock_shift_ == 0) return Resume(thread);
  if (entry->kind == CallKind::kRestart && thread->interrupted.has_value()) {
    thread->pending = std::move(thread->interrupted);
    thread->interrupted.reset();
    return Resume(thread);
  }
  const bool untimed = entry->kind == CallKind::kFutexWait && info.seccomp.args[3] == 0;
  if (untimed || entry->kind == CallKind::kRestart) {
    thread->may_sleep = true;
    return Resume(thread);
  }
  const LiveTracee tracee(thread->tid);
  PendingCall pending;
  pending.entry = entry;
  for (int i = 0; i < 6; ++i) pending.arguments[i] = info.seccomp.args[i];

  bool restarted = false;
  if (thread->interrupted.has_value()) {
    if (thread->interrupted->entry == entry) {
      thread->interrupted.reset();
      restarted = true;  // one call for the program
    } else {
      NoteInterrupted(thread);
    }
  }
  if (entry->kind == CallKind::kSend && info.seccomp.nr == SYS_splice &&
      thread->process->Socket(static_cast<int>(pending.arguments[2])) == nullptr) {
    pending.entry = entry = SpliceFromSocket();
  }
  DecodeEntry(tracee, &pending);
  if (entry->kind == CallKind::kSignalAction && SurelySucceeds(pending)) {
    pending.call.result = 0;
    NoteCall(thread, &pending);
    return Resume(thread);
  }
  if (entry->kind == CallKind::kOpen && !IsPreparation(pending.call)) return Resume(thread);
  // A new task shows by its event.
  if (entry->kind == CallKind::kFork &&
      (!Aims(CallClass::kFork) || (pending.call.flags & CLONE_THREAD) != 0)) {
    return Resume(thread);
  }
  pending.socket = thread->process->Socket(pending.call.fd);
  // A call on a number that is no socket any more, or never was one, is news if it fails.
  const bool stray =
      pending.call.fd < 0 || thread->process->former_sockets.contains(pending.call.fd);
  const bool concerns_descriptor =
      entry->kind == CallKind::kClose || entry->kind == CallKind::kDuplicate ||
      entry->kind == CallKind::kControl || entry->kind == CallKind::kDeviceControl;
  const bool transfers = entry->kind == CallKind::kSend || entry->kind == CallKind::kReceive;
  if (transfers && pending.socket == nullptr && !stray &&
      (entry->kind == CallKind::kSend || pending.call.fd != 0) &&
      !WaitsForTimer(*thread->process, pending)) {
    thread->may_sleep = true;
    return Resume(thread);
  }
  if (concerns_descriptor && !stray && !thread->process->descriptors.contains(pending.call.fd) &&
      !(entry->kind == CallKind::kDuplicate &&
        thread->process->descriptors.contains(static_cast<int>(pending.arguments[1])))) {
    return Resume(thread);
  }
  if (pending.socket != nullptr) {
    pending.call.socket = pending.call.on_socket = pending.socket->number;
    pending.call.role = pending.socket->role;
    pending.call.connection = pending.socket->connection;
    pending.call.non_blocking = pending.socket->non_blocking;
    pending.call.edge_triggered = thread->process->IsEdgeTriggered(*pending.socket);
    const bool converses = pending.socket->role == SocketRole::kConnection ||
                           pending.socket->role == SocketRole::kClient;
    if (converses && entry->kind != CallKind::kClose) thread->conversation = pending.socket;
  }
  NotePassed(thread->process, &pending);
  pending.wait = ClassifyWait(tracee, *thread->process, pending);
  if (entry->kind == CallKind::kFutexWait) pending.wait->internal = !ConversationOpen(*thread);
  bool skipped = false;
  if (!restarted) ApplyFaultAtEntry(thread, &pending, &skipped);
  if (skipped) {
    pending.wait.reset();
  } else {
    if (entry->kind == CallKind::kClose) ForgetDescriptor(thread->process, pending.call.fd);
    OnAwaitingClients(pending);
    if (pending.wait.has_value()) BeginWait(thread, &*pending.wait);
  }
  thread->pending = std::move(pending);
  if (!thread->held) Resume(thread);
}

void Tracer::OnExit(TracedThread* thread) {
  __ptrace_syscall_info info{};
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread->tid, sizeof info, &info) == -1) {
    if (errno == ESRCH) return;
    CheckCall(-1, "ptrace(PTRACE_GET_SYSCALL_INFO, {})", thread->tid);
  }
  PendingCall pending = std::move(*thread->pending);
  thread->pending.reset();
  std::int64_t result = info.exit.rval;
  LiveTracee tracee(thread->tid);
  UndoShorten(&tracee, pending);
  if (pending.wait.has_value()) ForgetFired(pending.wait->watched);
  if (pending.end_wait) {
    // Calls under SO_RCVTIMEO and epoll_wait() end by EINTR itself: they are never restarted.
    if (IsRestart(result) || result == -EINTR) {
      result = ResultOfEndedWait(&tracee, pending);
      SetResult(thread->tid, result);
      Emit(thread, {.kind = EventKind::kFault,
                    .text = "the time-out of " + pending.wait->what + " is over at once"});
    }
  } else if (IsRestart(result)) {
    thread->interrupted = std::move(pending);
    return Resume(thread);
  }
  if (pending.entry->kind == CallKind::kClock) {
    if (result >= 0) ShiftClock(thread->tid, pending, clock_shift_, result);
    return Resume(thread);
  }
  if (pending.entry->kind == CallKind::kAffinity) {
    // The result is the size of the kernel's set.
    if (result > 0 && result <= static_cast<std::int64_t>(sizeof(cpu_set_t))) {
      tracee.Write(pending.arguments[2], &AllProcessors(), static_cast<std::size_t>(result));
    }
    return Resume(thread);
  }
  pending.call.result = result < 0 ? -1 : result;
  pending.call.error = result < 0 && result > -4096 ? static_cast<int>(-result) : 0;
  DecodeExit(tracee, &pending);
  NoteCall(thread, &pending);
  Resume(thread);
}

void Tracer::NoteCall(TracedThread* thread, PendingCall* pending) {
  NoteEffect(thread, *pending);
  Track(thread, pending);
  if (pending->fault >= 0 && pending->fault_action == FaultAction::kAfter) {
    // What really happened has been tracked; the program is told otherwise.
    pending->call.injected = true;
    pending->call.result = -1;
    pending->call.error = pending->fault_error;
    SetResult(thread->tid, -pending->fault_error);
  }
  thread->same_call_again = thread->last_call == pending->call.name;
  thread->last_call = pending->call.name;
  EmitCall(thread, *pending);
}

void Tracer::NoteInterrupted(TracedThread* thread) {
  if (!thread->interrupted.has_value()) return;
  PendingCall pending = std::move(*thread->interrupted);
  thread->interrupted.reset();
  pending.call.result = -1;
  pending.call.error = EINTR;
  EmitCall(thread, pending);
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
