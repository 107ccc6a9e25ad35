// Forks, watches and reaps workers.
#include "harness/campaign/workers.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <list>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/owned_fd.h"
#include "harness/base/processor.h"

namespace sockspec {
namespace {

constexpr int kPipeBytes = 1 << 20;  // evidence mostly fits: the worker need not wait for us
constexpr char kWhole = '\0';        // ends a worker's text

struct Worker {
  int job = 0;
  pid_t pid = -1;
  OwnedFd pipe;
  OwnedFd turn;  // its turn is told here
  std::string text;
  std::int64_t started = 0;  // its turn; 0: not yet
  int place = -1;            // of those at work, so that each can have a processor of its own
  bool reported = false;     // whole; its process goes, and with it the sandbox
  bool late = false;         // killed by its deadline

  bool at_work() const { return started != 0 && !reported; }
};

// What a worker is told when its turn has come.
struct TurnMessage {
  std::int64_t started = 0;
  int processor = kWhereItRuns;  // for StayOnProcessor()
};

// Blocks SIGINT, SIGTERM and SIGCHLD and takes them from a descriptor instead.
class Signals {
 public:
  Signals() {
    sigemptyset(&taken_);
    for (int signal : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&taken_, signal);
    CheckCall(sigprocmask(SIG_BLOCK, &taken_, &before_), "sigprocmask(SIG_BLOCK)");
    fd_ = OwnedFd(CheckCall(signalfd(-1, &taken_, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd()"));
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

  // In a worker: signals end it as they end any process.
  void LetThrough() const { sigprocmask(SIG_UNBLOCK, &taken_, nullptr); }
  int fd() const { return fd_.get(); }
  // Whether the user wants to stop.
  bool TakeInterrupt() {
    bool interrupt = false;
    signalfd_siginfo info;
    while (read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      interrupt = interrupt || info.ssi_signo != SIGCHLD;
    }
    return interrupt;
  }

 private:
  sigset_t taken_, before_;
  OwnedFd fd_;
};

void WriteAll(int fd, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t written = write(fd, text.data() + at, text.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) _exit(EXIT_FAILURE);
    at += static_cast<std::size_t>(written);
  }
}

std::string DeathOf(int status) {
  if (WIFSIGNALED(status)) return fmt::format("killed by {}", SignalName(WTERMSIG(status)));
  return fmt::format("exited with status {}", WEXITSTATUS(status));
}

class Pool {
 public:
  Pool(const WorkerOptions& options, const WorkerCalls& calls) : options_(options), calls_(calls) {
    // What a killed worker leaves behind, its sandbox's init above all, becomes a child of ours.
    prctl(PR_SET_CHILD_SUBREAPER, 1);
  }
  ~Pool() { KillAll(); }

  PoolEnd Run() {
    for (;;) {
      const int places = std::max(options_.at_once, 1);
      while (CountIf([](const Worker& w) { return !w.reported; }) < places + options_.ahead) {
        const std::optional<int> job = calls_.next();
        if (!job) break;
        Start(*job);
      }
      GiveTurns(places);
      if (workers_.empty()) return PoolEnd::kDone;
      // First, without a wait: one whose turn has just come may have ended before.
      if (Reap()) continue;
      if (Wait()) {
        KillAll();
        return PoolEnd::kInterrupted;
      }
    }
  }

 private:
  template <typename Predicate>
  int CountIf(Predicate predicate) const {
    return static_cast<int>(std::ranges::count_if(workers_, predicate));
  }

  void GiveTurns(int places) {
    // One at a time means undisturbed: then the place is free when the process has gone.
    int at_work = places > 1 ? CountIf(&Worker::at_work)
                             : CountIf([](const Worker& worker) { return worker.started != 0; });
    for (auto worker = workers_.begin(); worker != workers_.end() && at_work < places;) {
      const Turn turn = worker->started != 0 ? Turn::kLater
                        : calls_.turn        ? calls_.turn(worker->job)
                                             : Turn::kNow;
      if (turn == Turn::kNever) {
        Kill(*worker);
        AwaitEnd(*worker);
        worker = workers_.erase(worker);
        continue;
      }
      if (turn == Turn::kNow) {
        ++at_work;
        worker->started = MonotonicNanoseconds();
        worker->place = FreePlace();
        const TurnMessage told{.started = worker->started,
                               .processor = plenty_ ? kWhereItRuns : worker->place};
        // A worker that has died meanwhile is seen when it is reaped.
        send(worker->turn.get(), &told, sizeof told, MSG_NOSIGNAL);
        worker->turn.Reset();
        if (calls_.started) calls_.started(worker->job);
      }
      ++worker;
    }
  }

  // The first that no worker at work has: as many as may be at work at once.
  int FreePlace() const {
    int place = 0;
    while (std::ranges::any_of(workers_, [&](const Worker& worker) {
      return worker.at_work() && worker.place == place;
    })) {
      ++place;
    }
    return place;
  }

  void Start(int job) {
    int ends[2];
    CheckCall(pipe2(ends, O_CLOEXEC), "pipe2()");
    OwnedFd output(ends[1]);
    Worker worker{.job = job, .pipe = OwnedFd(ends[0])};
    CheckCall(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair()");
    worker.turn = OwnedFd(ends[0]);
    OwnedFd turn(ends[1]);
    fcntl(output.get(), F_SETPIPE_SZ,
          kPipeBytes);  // a user's limit may forbid it: then it is small
    CheckCall(fcntl(worker.pipe.get(), F_SETFL, O_NONBLOCK), "fcntl(pipe, F_SETFL)");
    const pid_t parent = getpid();
    worker.pid = CheckCall(fork(), "fork()");
    if (worker.pid == 0) {
      worker.pipe.Reset();
      worker.turn.Reset();
      Work(job, output.get(), turn.get(), parent);
    }
    if (options_.own_group) setpgid(worker.pid, worker.pid);  // the worker does so too: no race
    workers_.push_back(std::move(worker));
  }

  [[noreturn]] void Work(int job, int output, int turn, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_FAILURE);
    if (options_.own_group) setpgid(0, 0);
    signals_.LetThrough();
    const auto await_turn = [this, turn] {
      TurnMessage told;
      if (recv(turn, &told, sizeof told, MSG_WAITALL) != sizeof told) _exit(EXIT_FAILURE);
      if (options_.own_group) StayOnProcessor(told.processor);
      return told.started;
    };
    try {
      WriteAll(output, calls_.work(job, await_turn) + kWhole);
    } catch (const std::exception& error) {
      fmt::print(stderr, "sockspec: worker: {}\n", error.what());
      _exit(EXIT_FAILURE);
    }
    _exit(EXIT_SUCCESS);
  }

  std::int64_t DeadlineOf(const Worker& worker) const {
    return worker.started + static_cast<std::int64_t>(options_.deadline_seconds * 1e9);
  }

  // Milliseconds until the first deadline, rounded up.
  int PollTime() const {
    std::int64_t first = INT64_MAX;
    for (const Worker& worker : workers_) {
      if (!worker.late && worker.started != 0) first = std::min(first, DeadlineOf(worker));
    }
    if (first == INT64_MAX) return -1;
    const std::int64_t left = (first - MonotonicNanoseconds()) / 1'000'000 + 1;
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
  }

  // Waits for a cause and takes what workers wrote. True: the user wants to stop.
  bool Wait() {
    std::vector<pollfd> watched = {{.fd = signals_.fd(), .events = POLLIN, .revents = 0}};
    for (const Worker& worker : workers_) {
      watched.push_back({.fd = worker.pipe.get(), .events = POLLIN, .revents = 0});
    }
    if (poll(watched.data(), watched.size(), PollTime()) < 0 && errno != EINTR) {
      ThrowSystemError(errno, "poll()");
    }
    const std::int64_t now = MonotonicNanoseconds();
    for (Worker& worker : workers_) {
      Drain(worker);
      if (worker.started != 0 && IsWhole(worker)) Report(worker, "");
      if (!worker.late && worker.started != 0 && now >= DeadlineOf(worker)) {
        worker.late = true;
        Kill(worker);
      }
    }
    return signals_.TakeInterrupt();
  }

  static void Drain(Worker& worker) {
    char buffer[1 << 16];
    for (ssize_t got; !worker.pipe.empty();) {
      got = read(worker.pipe.get(), buffer, sizeof buffer);
      if (got > 0) {
        worker.text.append(buffer, static_cast<std::size_t>(got));
      } else if (got == 0) {
        worker.pipe.Reset();  // a closed pipe is always readable: poll() skips -1
      } else if (errno != EINTR) {
        return;
      }
    }
  }

  static bool IsWhole(const Worker& worker) {
    return !worker.reported && worker.text.ends_with(kWhole);
  }

  // Once for each worker: its text, or why that is not whole.
  void Report(Worker& worker, std::string death) {
    worker.reported = true;
    worker.pipe.Reset();
    if (worker.text.ends_with(kWhole)) worker.text.pop_back();
    calls_.done(
        worker.job,
        {.text = std::move(worker.text),
         .death = std::move(death),
         .milliseconds = static_cast<double>(MonotonicNanoseconds() - worker.started) / 1e6});
  }

  // Takes leave of the processes that have ended: whatever still holds a pipe is not awaited. True
  // if there was one.
  bool Reap() {
    bool any = false;
    for (auto worker = workers_.begin(); worker != workers_.end();) {
      int status = 0;
      // One that ended before its turn is looked at when that has come.
      if (worker->started == 0 || waitpid(worker->pid, &status, WNOHANG) != worker->pid) {
        ++worker;
        continue;
      }
      if (options_.own_group) kill(-worker->pid, SIGKILL);  // what it may have left behind
      AwaitRest(*worker);
      if (!worker->reported) {
        Drain(*worker);
        Report(*worker, IsWhole(*worker) ? ""
                        : worker->late
                            ? fmt::format("did not end within {} s", options_.deadline_seconds)
                            : DeathOf(status));
      }
      worker = workers_.erase(worker);
      any = true;
    }
    return any;
  }

  void Kill(const Worker& worker) const {
    if (options_.own_group) kill(-worker.pid, SIGKILL);
    kill(worker.pid, SIGKILL);
  }

  // Of one that was killed.
  void AwaitEnd(const Worker& worker) const {
    waitpid(worker.pid, nullptr, 0);
    AwaitRest(worker);
  }

  // After its own end and SIGKILL for its group: until all of that is gone.
  void AwaitRest(const Worker& worker) const {
    while (options_.own_group && waitpid(-worker.pid, nullptr, 0) > 0) continue;
  }

  void KillAll() {
    for (const Worker& worker : workers_) Kill(worker);
    for (const Worker& worker : workers_) AwaitEnd(worker);
    workers_.clear();
  }

  const WorkerOptions& options_;
  const WorkerCalls& calls_;
  // Where there are plenty the kernel finds one that is idle, whoever else uses this host.
  const bool plenty_ = 2 * options_.at_once <= ProcessorCount();
  Signals signals_;
  std::list<Worker> workers_;
};

}  // namespace

HeldInterrupts::HeldInterrupts() {
  sigset_t held;
  sigemptyset(&held);
  for (int signal : {SIGINT, SIGTERM}) sigaddset(&held, signal);
  CheckCall(sigprocmask(SIG_BLOCK, &held, &before_), "sigprocmask(SIG_BLOCK)");
}

HeldInterrupts::~HeldInterrupts() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

PoolEnd RunWorkers(const WorkerOptions& options, const WorkerCalls& calls) {
  return Pool(options, calls).Run();
}

}  // namespace sockspec
