// The pool of worker processes: one forked process for each job, some at once.
//
// The workers of the jobs that come next are forked ahead and make ready (enter their sandboxes)
// while others are at work; each then waits for its turn.
//
// The coordinator is single-threaded and waits in poll() on the workers' pipes and on a signalfd. A
// worker does its job, writes its text to its pipe and leaves by _exit(), so that nothing of the
// coordinator is destroyed twice. With the text its job is done; where several are at work at once
// the next has its turn while the process and its sandbox go. A worker that dies, is killed by its
// deadline or writes nothing is a value: its `death`. The first SIGINT or SIGTERM kills the workers
// and ends Run; from then on these signals have their default effect again.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace sockspec {

struct WorkerOptions {
  int at_once = 1;
  int ahead = 0;                  // workers more that may make ready meanwhile
  double deadline_seconds = 300;  // of one job, from its turn on
  bool own_group = true;          // false: workers stay in the terminal's foreground group
};

struct WorkerReport {
  std::string text;         // what it wrote; whole if `death` is ""
  std::string death;        // why it is not whole: "killed by SIGSEGV"
  double milliseconds = 0;  // from its turn on
};

// What becomes of a worker that has been started: it may work, has to wait, or is not wanted.
enum class Turn { kNow, kLater, kNever };
// To be called in the worker when it is ready: blocks until its turn, and returns when that came
// (MonotonicNanoseconds()), which may be long ago.
using AwaitTurn = std::function<std::int64_t()>;

struct WorkerCalls {
  // The next job to start, or none for now; asked again after each `done`.
  std::function<std::optional<int>()> next;
  // Asked of a started job, in the order of their starts, when there is a place. Empty: kNow.
  std::function<Turn(int job)> turn;
  // Runs in the worker; returns its text, without any NUL byte.
  std::function<std::string(int job, const AwaitTurn& await_turn)> work;
  std::function<void(int job)> started;  // its turn has come; may be empty
  std::function<void(int job, WorkerReport)> done;
};

// While it lives SIGINT and SIGTERM wait for the next RunWorkers to take them, so that an interrupt
// between the record's header and the first worker does not end the coordinator without a footer.
class HeldInterrupts {
 public:
  HeldInterrupts();
  ~HeldInterrupts();
  HeldInterrupts(const HeldInterrupts&) = delete;
  HeldInterrupts& operator=(const HeldInterrupts&) = delete;

 private:
  sigset_t before_;
};

enum class PoolEnd { kDone, kInterrupted };

// Runs jobs until `next` has none while no worker is at work.
PoolEnd RunWorkers(const WorkerOptions& options, const WorkerCalls& calls);

}  // namespace sockspec
