// The tracer: what a program does again and again. Waits that are a heartbeat, calls that fail in a
// row, and which calls are news for the timeline.
#include <algorithm>
#include <cerrno>

#include "harness/trace/tracee.h"
#include "harness/trace/tracer.h"
#include "harness/trace/watched.h"

namespace sockspec {
namespace {

// It is asked what a thread looks at, each time that it has looked so often without waiting.
constexpr int kLooks = 50;

bool IsReadinessWait(CallKind kind) {
  return kind == CallKind::kPoll || kind == CallKind::kSelect || kind == CallKind::kEpollWait;
}

// Whether a call found nothing to do and changed nothing.
bool CameToNothing(const PendingCall& pending) {
  switch (pending.entry->kind) {
    case CallKind::kSleep:
    case CallKind::kSignalTimer:
    case CallKind::kTimerCreate:
    // libcurl ignores SIGPIPE anew around each of its waits.
    case CallKind::kSignalAction:
      return true;
    case CallKind::kFutexWait:
      return pending.call.error != 0;  // else another thread has woken it
    case CallKind::kWaitForChild:
      return pending.call.error != 0 || pending.call.result == 0;
    case CallKind::kPoll:
    case CallKind::kSelect:
    case CallKind::kEpollWait:
      if (pending.call.error != 0) return pending.call.error == EINTR;
      // What it was told of may be timers alone.
      return pending.call.result == 0 ||
             (pending.wait.has_value() &&
              pending.call.result <= ExpiredTimers(pending.wait->watched));
    case CallKind::kReceive:
      // A timer's expiry is taken note of by reading it.
      if (pending.socket == nullptr && pending.call.fd != 0) return true;
      // Nor does who reads the end of its input again and again, as curl does, learn anything.
      if (pending.socket == nullptr && pending.call.error == 0 && pending.call.result == 0) {
        return true;
      }
      [[fallthrough]];
    default:
      return pending.call.error == EAGAIN || pending.call.error == EINTR;
  }
}

}  // namespace

void Tracer::NoteEffect(TracedThread* thread, const PendingCall& pending) {
  if (!CameToNothing(pending)) {
    ++activity_;
  } else if (!pending.wait.has_value() &&
             (pending.socket != nullptr || IsReadinessWait(pending.entry->kind))) {
    thread->polls_between = true;
  }
}

void Tracer::ForgetSpins() {
  failing_in_a_row_.clear();
  for (auto& [tid, thread] : threads_) {
    if (thread->polls_between) thread->equal_waits = 0;
  }
}

void Tracer::EmitCall(TracedThread* thread, const PendingCall& pending) {
  switch (pending.entry->kind) {
    case CallKind::kPoll:
    case CallKind::kSelect:
    case CallKind::kEpollWait:
    case CallKind::kSleep:
    case CallKind::kWaitForSignal:
    case CallKind::kWaitForChild:
      // Waits matter through where threads sleep; only a failing one is news.
      if (pending.entry->kind == CallKind::kSleep ||
          (pending.call.result == 0 && pending.wait.has_value())) {
        failing_in_a_row_.erase(thread->tid);  // it has waited its time out
      } else if (pending.call.result == 0 && IsReadinessWait(pending.entry->kind)) {
        // It has looked without waiting. Only one that does so again and again is of interest.
        ++failing_in_a_row_[thread->tid];
        if (++thread->looks % kLooks == 0 && !thread->seeks_clients) {
          thread->seeks_clients =
              WatchesListener(WatchedBy(LiveTracee(thread->tid), *thread->process, pending));
        }
      } else if (pending.call.result > 0 && thread->same_call_again &&
                 IsReadinessWait(pending.entry->kind)) {
        ++failing_in_a_row_[thread->tid];  // told that there is something to do, it does nothing
      }
      if (pending.call.error != EINTR) return;
      break;
    case CallKind::kFutexWait:
    case CallKind::kEpollCreate:
    case CallKind::kTimerCreate:
    case CallKind::kSignalTimer:
      return;
    case CallKind::kTake:
      if (pending.call.socket < 0) return;
      break;
    case CallKind::kSend:
    case CallKind::kReceive:
    case CallKind::kControl:
    case CallKind::kDeviceControl:
    case CallKind::kDuplicate:
    case CallKind::kClose:
      if (pending.socket == nullptr && pending.call.error != EBADF) return;
      break;
    default:
      break;
  }
  if (!CountFailures(thread, pending)) return;
  Event event{.kind = EventKind::kCall, .connection = pending.call.connection};
  event.call = pending.call;
  Emit(thread, std::move(event));
}

bool Tracer::CountFailures(TracedThread* thread, const PendingCall& pending) {
  int& count = failing_in_a_row_[thread->tid];
  const bool looks_for_clients = pending.entry->kind == CallKind::kAccept ||
                                 (pending.entry->kind == CallKind::kReceive &&
                                  pending.socket != nullptr && pending.socket->endpoint);
  if (looks_for_clients && pending.call.error == EAGAIN) thread->seeks_clients = true;
  const bool end_of_stream = pending.entry->kind == CallKind::kReceive &&
                             pending.call.result == 0 && pending.call.length > 0 &&
                             pending.call.role != SocketRole::kDatagram;
  // A fresh socket for each attempt is no success yet.
  const bool neutral =
      pending.entry->kind == CallKind::kSocket || pending.entry->kind == CallKind::kSetOption ||
      pending.entry->kind == CallKind::kGetOption || pending.entry->kind == CallKind::kClose;
  if (pending.call.error != 0 || end_of_stream) {
    ++count;
  } else if (!neutral) {
    count = 0;
  }
  return count <= kSpin + 1;
}

bool Tracer::Spins() const {
  return std::any_of(failing_in_a_row_.begin(), failing_in_a_row_.end(),
                     [](const auto& entry) { return entry.second >= kSpin; });
}

bool Tracer::SpinsAlone() const {
  return Spins() && std::all_of(threads_.begin(), threads_.end(), [this](const auto& entry) {
           const auto& [tid, thread] = entry;
           const auto failing = failing_in_a_row_.find(tid);
           const bool spins = failing != failing_in_a_row_.end() && failing->second >= kSpin;
           return spins || thread->group_stopped || thread->held || Asleep(*thread);
         });
}

}  // namespace sockspec
