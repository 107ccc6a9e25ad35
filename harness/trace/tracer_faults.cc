// The tracer: faults that are armed, and the calls that they hit.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "harness/trace/architecture.h"
#include "harness/trace/tracee.h"
#include "harness/trace/tracer.h"
#include "harness/trace/transfers.h"
#include "harness/trace/watched.h"

namespace sockspec {
namespace {

// Endings of files that a runtime loads as code, each at its own time.
constexpr std::string_view kCode[] = {".class", ".jar", ".jmod", ".py",   ".pyc", ".pyi", ".js",
                                      ".mjs",   ".cjs", ".node", ".wasm", ".pm",  ".pl",  ".rb",
                                      ".php",   ".lua", ".tcl",  ".beam", ".dll", ".so"};
// Where the system keeps what libraries read by themselves.
constexpr std::string_view kSystem[] = {"/dev/", "/lib", "/proc/", "/sys/", "/usr/"};
constexpr std::string_view kSystemFiles[] = {
    "/etc/gai.conf",    "/etc/group",         "/etc/host.conf",   "/etc/hosts",
    "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/localtime",   "/etc/nsswitch.conf",
    "/etc/passwd",      "/etc/protocols",     "/etc/resolv.conf", "/etc/services"};

}  // namespace

bool Tracer::IsPreparation(const Call& call) const {
  if (!listens_ || awaited_clients_) return false;
  if ((call.flags & O_ACCMODE) != O_RDONLY || (call.flags & (O_DIRECTORY | O_PATH)) != 0) {
    return false;
  }
  const std::string_view path = call.address;
  const auto starts = [&](std::string_view prefix) { return path.starts_with(prefix); };
  const auto ends = [&](std::string_view suffix) { return path.ends_with(suffix); };
  return std::none_of(std::begin(kSystem), std::end(kSystem), starts) &&
         std::find(std::begin(kSystemFiles), std::end(kSystemFiles), path) ==
             std::end(kSystemFiles) &&
         std::none_of(std::begin(kCode), std::end(kCode), ends) &&
         path.find(".so.") == std::string_view::npos && !ends("package.json");
}

void Tracer::OnListening(TracedThread* thread) {
  listens_ = true;
  if (!Aims(CallClass::kOpen) || thread->process->open_filter) return;
  AddFilter(*thread, TracingFilters().opens);
  thread->process->open_filter = true;
}

void Tracer::NoteStage(const PendingCall& pending) {
  const CallKind kind = pending.entry->kind;
  const bool accepts = kind == CallKind::kAccept ||
                       (pending.wait.has_value() &&
                        (pending.wait->on_listener || WatchesListener(pending.wait->watched)));
  const bool transfers = kind == CallKind::kSend || kind == CallKind::kReceive;
  const bool talks = kind == CallKind::kConnect || kind == CallKind::kShutdown ||
                     (transfers && pending.socket != nullptr);
  awaited_clients_ = awaited_clients_ || accepts;
  starts_ = starts_ && !accepts && !talks;
}

void Tracer::Arm(const Fault& fault) { faults_.push_back({fault}); }
void Tracer::Disarm() { faults_.clear(); }

bool Tracer::Aims(CallClass call) const {
  return std::any_of(faults_.begin(), faults_.end(),
                     [call](const ArmedFault& armed) { return armed.fault.call == call; });
}

// Counts one matching call of a fault; its index where it is hit, else -1.
int Tracer::CountHit(std::size_t index) {
  const Fault& fault = faults_[index].fault;
  const int seen = ++faults_[index].seen;
  if (seen < fault.first || (fault.count >= 0 && seen >= fault.first + fault.count)) return -1;
  return static_cast<int>(index);
}

int Tracer::MatchFault(const TracedThread& thread, const PendingCall& pending) {
  CallClass call_class;
  if (!FaultClassOf(pending.entry->kind, &call_class)) return -1;
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    const Fault& fault = faults_[i].fault;
    if (fault.call != call_class) continue;
    if (fault.process > 0 && fault.process != thread.process->number) continue;
    const Call& call = pending.call;
    if (call_class == CallClass::kSocket) {
      if (fault.family >= 0 && fault.family != call.family) continue;
      if (fault.type >= 0 && fault.type != call.type) continue;
    } else if (call_class == CallClass::kWait) {
      if (!pending.wait.has_value() || !pending.wait->on_socket) continue;
      if (fault.role != SocketRole::kNone && !WatchesRole(pending.wait->watched, fault.role)) {
        continue;
      }
      // The beats of one that has nothing to do are as many as there is time.
      if (ComesAgain(thread, *pending.wait)) continue;
    } else if (call_class != CallClass::kOpen && call_class != CallClass::kFork) {
      // Aimed at sockets alone: a fault on an eventfd or a pipe would break runtimes for nothing.
      if (pending.socket == nullptr || pending.socket->role == SocketRole::kPair) continue;
      if (fault.role != SocketRole::kNone && fault.role != pending.socket->role) continue;
      if (fault.family >= 0 && fault.family != pending.socket->family) continue;
      if (fault.connection >= 0 && fault.connection != pending.socket->connection) continue;
      const bool lie = fault.action == FaultAction::kErrno && fault.error == EAGAIN &&
                       (!call.non_blocking || call.edge_triggered);
      if (lie) continue;
    }
    if (CountHit(i) >= 0) return static_cast<int>(i);
  }
  return -1;
}

void Tracer::ApplyFaultAtEntry(TracedThread* thread, PendingCall* pending, bool* skipped) {
  const int index = faults_.empty() ? -1 : MatchFault(*thread, *pending);
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
  if (fault.action == FaultAction::kHold) {
    thread->held = true;
    pending->call.injected = true;
  }
  ++faults_hit_;
  pending->fault = index;
  pending->fault_action = fault.action;
  pending->fault_error = fault.error;
  Emit(thread, {.kind = EventKind::kFault, .text = fault.Describe()});
}

void Tracer::HoldNewTask(TracedThread* thread) {
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    const Fault& fault = faults_[i].fault;
    if (fault.call != CallClass::kTask || CountHit(i) < 0) continue;
    thread->held = true;
    ++faults_hit_;
    Emit(thread, {.kind = EventKind::kFault, .text = fault.Describe()});
    return;
  }
}

bool Tracer::HoldsAny() const {
  return std::any_of(threads_.begin(), threads_.end(),
                     [](const auto& entry) { return entry.second->held; });
}

void Tracer::Release() {
  for (auto& [tid, thread] : threads_) {
    if (!thread->held) continue;
    thread->held = false;
    Emit(thread.get(), {.kind = EventKind::kFault, .text = "what was held goes on"});
    if (thread->has_begun) Resume(thread.get());
  }
}

}  // namespace sockspec
