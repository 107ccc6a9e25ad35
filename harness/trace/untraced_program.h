// Stands in for the tracer where the program may not be traced: asks /proc about it.
//
// It sees no calls and injects no faults, and it learns how a process has ended only of the first
// one of each launch (without a pid namespace of its own, also of orphans). Nothing tells it when a
// thread falls asleep, so that whoever waits for that must look again and again. And it is less
// sure of rest: in which call a thread sleeps, and whether for ever, shows only where the kernel
// lets us read the call's arguments, and the time-outs of sockets only where it lets us duplicate
// them. Where it cannot be sure it says Rest::kTimedWait.
#pragma once

#include <map>
#include <set>

#include "harness/kernel/process_table.h"
#include "harness/trace/program_watch.h"

namespace sockspec {

class UntracedProgram : public ProgramWatch {
 public:
  // `proc_fd`: a descriptor on the /proc that knows the program by the ids this process sees.
  // `init`: the sandbox's, or 0. All other children of this process are taken for the program's.
  UntracedProgram(int proc_fd, pid_t init, WatchHooks hooks);

  void Adopt(pid_t pid, int run, bool own_clock) override;
  // Reaps what has ended and looks at every thread. Returns how many have run since the last look,
  // or run now, with those that have come or gone. Costs 40 us, and 12 us a thread.
  int HandleStops() override;

  bool AnyLiving() const override { return !processes_.empty(); }
  pid_t LaunchedPid(int run) const override;
  std::vector<pid_t> LivingProcesses() const override;
  // As of the last look.
  RestState StateOfRest() const override;
  bool OffTheProcessor() const override { return true; }  // part of StateOfRest()
  bool AllStopped() const override;
  void Signal(pid_t pid, int signal) override;

 private:
  using Threads = std::map<pid_t, ThreadRest>;  // that have not ended

  int Reap();
  void OnSeen(pid_t pid);
  void OnEnded(pid_t pid, int status);
  // The state of rest of one thread that sleeps.
  RestState SleepOf(pid_t pid, pid_t tid) const;
  bool MayWakeByTimer(pid_t pid) const;
  bool HasTimeout(pid_t pid, int fd) const;

  const int proc_fd_;
  const pid_t init_;
  const WatchHooks hooks_;
  std::map<int, pid_t> launched_;  // by run, while they live
  std::map<pid_t, Threads> processes_;
  std::map<pid_t, int> numbers_;  // of those that have ended too, until they are reaped
  int run_ = 0;
  int next_process_ = 1;
  int changes_ = 0;  // that the last look found
};

}  // namespace sockspec
