// One processor for a worker and the program that it traces.
#include "harness/base/processor.h"

namespace sockspec {
namespace {

cpu_set_t allowed;  // all that the process might use before it kept to one
bool stays = false;

int Nth(const cpu_set_t& processors, int n) {
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (CPU_ISSET(processor, &processors) && n-- == 0) return processor;
  }
  return -1;
}

}  // namespace

int ProcessorCount() {
  cpu_set_t usable;
  return sched_getaffinity(0, sizeof usable, &usable) == 0 ? CPU_COUNT(&usable) : 1;
}

void StayOnProcessor(int turn) {
  if (stays || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  const int count = CPU_COUNT(&allowed);
  if (count < 2) return;
  const int chosen = turn == kWhereItRuns ? sched_getcpu() : Nth(allowed, turn % count);
  if (chosen < 0 || chosen >= CPU_SETSIZE) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(chosen, &one);
  stays = sched_setaffinity(0, sizeof one, &one) == 0;
}

bool StaysOnProcessor() { return stays; }

void ShareProcessor(pid_t process) {
  cpu_set_t own;
  if (stays && sched_getaffinity(0, sizeof own, &own) == 0) {
    sched_setaffinity(process, sizeof own, &own);
  }
}

const cpu_set_t& AllProcessors() { return allowed; }

void LeaveProcessor() {
  LeaveProcessor(0);
  stays = false;
}

void LeaveProcessor(pid_t thread) { sched_setaffinity(thread, sizeof allowed, &allowed); }

}  // namespace sockspec
