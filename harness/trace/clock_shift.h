// Moving the wall clock of a traced program, and of it alone.
#pragma once

#include "harness/trace/process_model.h"

namespace sockspec {

// At the exec stop: takes the vDSO out of the auxiliary vector, so that the C library reads the
// clock by system calls (getauxval(3), AT_SYSINFO_EHDR).
void HideVdso(pid_t pid);

// At the exit stop of clock_gettime, gettimeofday or time: adds `seconds` to a wall-clock answer.
// Other clocks (monotonic, CPU time) stay as they are.
void ShiftClock(pid_t tid, const PendingCall& pending, std::int64_t seconds, std::int64_t result);

}  // namespace sockspec
