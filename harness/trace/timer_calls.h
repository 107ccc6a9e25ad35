// Calls that set a timer whose end is a signal: alarm, setitimer, timer_create and its kin.
#pragma once

#include <cstdint>
#include <map>

#include "harness/trace/process_model.h"
#include "harness/trace/tracee.h"

namespace sockspec {

// At the exit of such a call that has succeeded: brings the process's timers up to date. `now` is
// on the clock that SignalTimer::due is on.
void TrackSignalTimer(const Tracee& tracee, const PendingCall& pending, std::int64_t now,
                      std::map<int, SignalTimer>* timers);

}  // namespace sockspec
