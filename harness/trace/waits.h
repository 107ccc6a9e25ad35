// Which calls may put a thread to sleep, on what, and for how long.
#pragma once

#include <optional>

#include "harness/trace/process_model.h"
#include "harness/trace/tracee.h"

namespace sockspec {

// The wait that this call begins, or nothing where it cannot sleep (non-blocking, time-out 0).
std::optional<Wait> ClassifyWait(const Tracee& tracee, const TracedProcess& process,
                                 const PendingCall& pending);

// Whether a readiness wait has the server's endpoint among what it watches.
bool WatchesEndpoint(const Tracee& tracee, const TracedProcess& process,
                     const PendingCall& pending);

// Whether the call is the kind whose timed wait EndTimedWait can end.
bool CanEndWait(CallKind kind);

// At the exit stop of a wait that is to end as if its time had passed: clears the sets that select
// leaves filled when it is interrupted, and gives the result the program is to see.
std::int64_t ResultOfEndedWait(Tracee* tracee, const PendingCall& pending);

}  // namespace sockspec
