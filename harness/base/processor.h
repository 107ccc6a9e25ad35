// One processor for a worker and the program that it traces.
//
// Every stop of a traced program is a switch to the tracer and back. Between two processors each
// switch wakes one that has fallen asleep, which costs ten times as much on a virtual machine. So
// both share one as long as the program cannot notice: until it says which processors it wants to
// use, or starts a thread or process. Then both have all of them again (sched_setaffinity(2)). Who
// only asks is told of all.
#pragma once

#include <sched.h>
#include <sys/types.h>

namespace sockspec {

// Keeps the calling process, and what it starts, on the `turn`-th of the processors that it may
// use, counted round. Does nothing where there is one alone or the kernel refuses.
void StayOnProcessor(int turn);
// Whether this process keeps to one by StayOnProcessor().
bool StaysOnProcessor();
// What it might use before.
const cpu_set_t& AllProcessors();
// Gives this process all of its processors back.
void LeaveProcessor();
// The same for a thread of the program's; a thread that has ended is no error.
void LeaveProcessor(pid_t thread);

}  // namespace sockspec
