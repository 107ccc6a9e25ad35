// The tracer: calls at their entry and their exit.
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "harness/base/error.h"
#include "harness/base/processor.h"
#include "harness/trace/architecture.h"
#include "harness/trace/clock_shift.h"
#include "harness/trace/decode.h"
#include "harness/trace/syscall_stop.h"
#include "harness/trace/timerfd.h"
#include "harness/trace/tracee.h"
#include "harness/trace/tracer.h"
#include "harness/trace/transfers.h"
#include "harness/trace/waits.h"
#include "harness/trace/watched.h"

namespace sockspec {
namespace {

// The kernel's own codes for an interrupted call (include/linux/errno.h); never seen by programs.
constexpr int kRestartSys = 512, kRestartNoIntr = 513, kRestartNoHand = 514,
              kRestartRestartBlock = 516;
bool IsRestart(std::int64_t result) {
  return result == -kRestartSys || result == -kRestartNoIntr || result == -kRestartNoHand ||
         result == -kRestartRestartBlock;
}

// Whether a call that transfers bytes is one that reads a timerfd and may sleep in it.
bool WaitsForTimer(const TracedProcess& process, const PendingCall& pending) {
  if (pending.entry->kind != CallKind::kReceive) return false;
  const auto found = process.descriptors.find(pending.call.fd);
  return found != process.descriptors.end() && found->second.timer != nullptr &&
         !AnswersAtOnce(*found->second.timer);
}

// Of rt_sigaction() the result is known before (sigaction(2) ERRORS); it need not stop again.
bool SurelySucceeds(const PendingCall& pending) {
  const int signal = pending.call.number;
  constexpr std::uint64_t kSetSize = 8;  // of the kernel's sigset_t
  return signal >= 1 && signal <= SIGRTMAX && signal != SIGKILL && signal != SIGSTOP &&
         !pending.call.option.empty() && pending.arguments[3] == kSetSize;
}

}  // namespace

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
    NoteStage(pending);
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

}  // namespace sockspec
