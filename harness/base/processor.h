// One processor for a worker and the program that it traces.
//
// Every stop of a traced program is a switch to the tracer and back. Between two processors each
// switch wakes one that has fallen asleep, which costs ten times as much on a virtual machine. So
// both share one, with all threads and processes that the program starts: it runs as on a host with
// one processor, as every conforming program can. When it says which processors it wants to use,
// both have all of them again (sched_setaffinity(2)). Who only asks is told of all.
#pragma once

#include <sched.h>
#include <sys/types.h>

namespace sockspec {

// How many this process may use.
int ProcessorCount();

constexpr int kWhereItRuns = -1;

// Keeps the calling process, and what it starts, on the `turn`-th of the processors that it may
// use, counted round, or on the one that the kernel has just chosen for it. Does nothing where
// there is one alone or the kernel refuses.
void StayOnProcessor(int turn);
// Whether this process keeps to one by StayOnProcessor().
bool StaysOnProcessor();
// Has `process`, which was started before, stay there as well; a kernel that refuses is no error.
void ShareProcessor(pid_t process);
// What it might use before.
const cpu_set_t& AllProcessors();
// Gives this process all of its processors back.
void LeaveProcessor();
// The same for a thread of the program's; a thread that has ended is no error.
void LeaveProcessor(pid_t thread);

}  // namespace sockspec
