// The tracer: faults that are armed, and the calls that they hit.
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/trace/architecture.h"
#include "harness/trace/tracee.h"
#include "harness/trace/tracer.h"
#include "harness/trace/transfers.h"

namespace sockspec {

void Tracer::Arm(const Fault& fault) { faults_.push_back({fault}); }
void Tracer::Disarm() { faults_.clear(); }

int Tracer::MatchFault(const PendingCall& pending) {
  CallClass call_class;
  if (!FaultClassOf(pending.entry->kind, &call_class)) return -1;
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    const Fault& fault = faults_[i].fault;
    if (fault.call != call_class) continue;
    const Call& call = pending.call;
    if (call_class == CallClass::kSocket) {
      if (fault.family >= 0 && fault.family != call.family) continue;
    } else {
      // Aimed at sockets alone: a fault on an eventfd or a pipe would break runtimes for nothing.
      if (pending.socket == nullptr || pending.socket->role == SocketRole::kPair) continue;
      if (fault.role != SocketRole::kNone && fault.role != pending.socket->role) continue;
      if (fault.family >= 0 && fault.family != pending.socket->family) continue;
      if (fault.connection >= 0 && fault.connection != pending.socket->connection) continue;
    }
    const int seen = ++faults_[i].seen;
    if (seen < fault.first || (fault.count >= 0 && seen >= fault.first + fault.count)) continue;
    return static_cast<int>(i);
  }
  return -1;
}

void Tracer::ApplyFaultAtEntry(TracedThread* thread, PendingCall* pending, bool* skipped) {
  const int index = faults_.empty() ? -1 : MatchFault(*pending);
  if (index < 0) return;
  const Fault& fault = faults_[index].fault;
  if (fault.action == FaultAction::kErrno) {
    SkipCall(thread->tid, fault.error);
    *skipped = true;
    pending->call.injected = true;
  } else if (fault.action == FaultAction::kShorten) {
    LiveTracee tracee(thread->tid);
    if (!Shorten(&tracee, pending, fault.length)) {
      return;  // the call asks for no more than that
    }
    pending->call.injected = true;
  }
  if (fault.action == FaultAction::kSignal) {
    // Pending when the call begins: it returns as soon as it would sleep.
    syscall(SYS_tgkill, thread->process->pid, thread->tid, fault.error);
    pending->call.injected = true;
  }
  pending->fault = index;
  pending->fault_action = fault.action;
  pending->fault_error = fault.error;
  Emit(thread, {.kind = EventKind::kFault, .text = fault.Describe()});
}

}  // namespace sockspec
