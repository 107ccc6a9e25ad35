// What driving a scenario needs to know of the program under test while it runs: which processes
// live, what their threads do, how they end.
//
// Two answer. The tracer (tracer.h) knows every call; where the program is not traced,
// UntracedProgram (untraced_program.h) asks /proc and is less sure.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "harness/evidence/event.h"

namespace sockspec {

// What the threads of the program are doing, taken together.
enum class Rest {
  kActive,         // a thread runs, or a stop is still to be handled
  kFallingAsleep,  // look again at once: a thread runs that sleeps in a moment, or one of which
                   // nothing would tell when it does
  kTimedWait,      // all asleep, at least one for a limited time that is no mere heartbeat, or
                   // perhaps so
  kSettled         // all asleep until something from outside happens
};

struct RestState {
  Rest rest = Rest::kActive;
  std::string what;  // where the threads sleep, for people: "accept(listener)"
};

struct WatchHooks {
  // Takes every event; the receiver adds the time.
  std::function<void(Event)> record;
  // The harness's connection at the other end of a socket that `pid` holds as `fd`; `peer` is its
  // printed address where known, else "". -1: unknown.
  std::function<int(pid_t pid, int fd, const std::string& peer)> connection_of;
  // A child of this process that is none of the program's has ended (the sandbox's init).
  std::function<void(pid_t pid, int status)> other_child_ended;
  // Clients send datagrams: a server's endpoint is a datagram socket with a name. Otherwise one
  // that it has besides (for its log, for a resolver) does not make it ready.
  bool datagrams = false;
};

class ProgramWatch {
 public:
  virtual ~ProgramWatch() = default;

  // Takes over a program just launched.
  virtual void Adopt(pid_t pid, int run, bool own_clock) = 0;
  // Handles what has happened, and returns how much that was; to be called when SIGCHLD has
  // arrived, and again at once after kMostStops.
  static constexpr int kMostStops = 256;
  virtual int HandleStops() = 0;

  virtual bool AnyLiving() const = 0;
  virtual pid_t LaunchedPid(int run) const = 0;  // the run's first process; 0 when it has ended
  bool LaunchedAlive(int run) const { return LaunchedPid(run) != 0; }
  virtual std::vector<pid_t> LivingProcesses() const = 0;
  virtual RestState StateOfRest() const = 0;
  // That every thread which StateOfRest() takes for asleep has left the processor: a call that
  // waits says that it sleeps before it looks for the last time whether it has to. Costs 10 us a
  // thread.
  virtual bool OffTheProcessor() const = 0;
  // Rule F5: that a thread spins, and that no other thread does anything that could end that. What
  // is not traced never seems to.
  virtual bool Spins() const { return false; }
  virtual bool SpinsAlone() const { return false; }
  // What the program did so far does not count: it may just have been told to do something else,
  // which who looks again and again without waiting has to find first.
  virtual void ForgetSpins() {}

  // Every thread is in a group stop (SIGSTOP).
  virtual bool AllStopped() const = 0;
  // Sends a signal to the process; a stopped group is resumed by SIGCONT.
  virtual void Signal(pid_t pid, int signal) = 0;
};

}  // namespace sockspec
