// The tracer: what a program does again and again. Waits that are a heartbeat, calls that fail in a
// row, and which calls are news for the timeline.
#include <algorithm>
#include <cerrno>

#include "harness/base/clock.h"
#include "harness/trace/tracer.h"
#include "harness/trace/waits.h"

namespace sockspec {
namespace {

bool IsReadinessWait(CallKind kind) {
  return kind == CallKind::kPoll || kind == CallKind::kSelect || kind == CallKind::kEpollWait;
}

}  // namespace

void Tracer::CompareWithLastWait(TracedThread* thread, const std::optional<Wait>& wait) {
  if (!wait.has_value()) {
    ++activity_;
    thread->last_wait = 0;
    thread->has_deadline = false;
    return;
  }
  const bool again =
      wait->signature == thread->last_wait && thread->last_activity == activity_ && wait->timed;
  if (!again || wait->timeout > thread->last_timeout) {
    thread->equal_waits = 0;
    thread->has_deadline = false;
    thread->same_since = MonotonicNanoseconds();
  } else if (wait->timeout < thread->last_timeout) {
    thread->has_deadline = true;
  } else {
    ++thread->equal_waits;
  }
  thread->last_wait = wait->signature;
  thread->last_timeout = wait->timeout;
  thread->last_activity = activity_;
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
        if (++failing_in_a_row_[thread->tid] == kSpin / 2 && !thread->seeks_clients) {
          thread->seeks_clients =
              WatchesListener(LiveTracee(thread->tid), *thread->process, pending);
        }
      } else if (pending.call.result > 0 && thread->same_call_again &&
                 IsReadinessWait(pending.entry->kind)) {
        ++failing_in_a_row_[thread->tid];  // told that there is something to do, it does nothing
      }
      if (pending.call.error != EINTR) return;
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
  if (pending.entry->kind == CallKind::kAccept && pending.call.error == EAGAIN) {
    thread->seeks_clients = true;
  }
  const bool end_of_stream = pending.entry->kind == CallKind::kReceive &&
                             pending.call.result == 0 && pending.call.length > 0;
  // A fresh socket for each attempt is no success yet.
  const bool neutral = pending.entry->kind == CallKind::kSocket ||
                       pending.entry->kind == CallKind::kSetOption ||
                       pending.entry->kind == CallKind::kClose;
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
