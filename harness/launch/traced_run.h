// For tests of the tracer: one traced run of a program whose calls are known.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/owned_fd.h"
#include "harness/evidence/timeline.h"
#include "harness/launch/launch.h"
#include "harness/trace/tracer.h"

namespace sockspec {

// One traced run of the program. Waiting spins: what is waited for is certain to come.
class TracedRun {
 public:
#ifdef SOCKSPEC_TRACED_PROGRAM  // of the test, which does one thing for each mode
  explicit TracedRun(const std::string& mode, const std::vector<Fault>& faults = {},
                     bool own_clock = false, int input = -1)
      : TracedRun(SOCKSPEC_TRACED_PROGRAM, {"traced_program", mode}, faults, own_clock, input) {}
#endif
  TracedRun(const std::string& program, const std::vector<std::string>& argv,
            const std::vector<Fault>& faults, bool own_clock, int input)
      : proc_(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)),
        tracer_(proc_.get(),
                {[this](Event event) {
                   timeline_.Append(std::move(event));
                   if (on_event_) on_event_(timeline_[timeline_.size() - 1]);
                 },
                 [](pid_t, int, const std::string&) { return 0; }, [](pid_t, int) {}}) {
    for (const Fault& fault : faults) tracer_.Arm(fault);
    int ends[2];
    CheckCall(pipe2(ends, O_CLOEXEC), "pipe2()");
    output_ = OwnedFd(ends[0]);
    OwnedFd write_end(ends[1]);
    LaunchRequest request;
    request.program = program;
    request.argv = argv;
    request.directory = std::string("/");  // a literal: a false -Wrestrict of GCC 12
    const OwnedFd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
    request.input = input >= 0 ? input : null.get();
    request.output = request.error = write_end.get();
    request.own_clock = own_clock;
    tracer_.Adopt(LaunchProgram(request), 0, own_clock);
  }
  ~TracedRun() {
    for (pid_t pid : tracer_.LivingProcesses()) tracer_.Signal(pid, SIGKILL);
    Until([this] { return !tracer_.AnyLiving(); });
  }

  void Until(const std::function<bool()>& reached) {
    while (true) {
      const bool over = !tracer_.AnyLiving();
      tracer_.HandleStops();
      sched_yield();
      if (reached()) return;
      if (over) throw std::runtime_error("the program has ended, and what was awaited never came");
    }
  }
  void UntilReady() {
    Until([this] { return tracer_.ServerReadiness() == Tracer::Readiness::kReady; });
  }
  bool Settled() {
    const auto settled = [this] { return tracer_.StateOfRest().rest == Rest::kSettled; };
    return settled() && tracer_.HandleStops() == 0 && settled() && tracer_.OffTheProcessor();
  }
  // Ends the waits of limited time on the way.
  void UntilSettled() {
    Until([this] {
      if (tracer_.StateOfRest().rest == Rest::kTimedWait) tracer_.EndTimedWaits();
      return Settled();
    });
  }
  // Until it settles, or waits for a limited time that cannot be ended.
  void UntilNothingCanBeEnded() {
    Until([this] {
      return Settled() ||
             (tracer_.StateOfRest().rest == Rest::kTimedWait && !tracer_.EndTimedWaits());
    });
  }
  // The exit status. Waits of limited time are ended on the way.
  int Finish() {
    Until([this] {
      if (tracer_.StateOfRest().rest == Rest::kTimedWait) tracer_.EndTimedWaits();
      return !tracer_.AnyLiving();
    });
    const Event* exit = timeline_.Exit(0);
    if (exit == nullptr) throw std::runtime_error("the program's end was not seen");
    return static_cast<int>(exit->number);
  }
  std::string Output() {
    char buffer[256];
    const ssize_t n = read(output_.get(), buffer, sizeof buffer);
    return std::string(buffer, n > 0 ? static_cast<std::size_t>(n) : 0);
  }
  std::vector<std::string> CallNames() {
    std::vector<std::string> names;
    for (int i : timeline_.OfKind(EventKind::kCall)) names.push_back(At(i).name);
    return names;
  }
  const Call& At(int index) { return *timeline_[static_cast<std::size_t>(index)].call; }
  const Call& First(const std::string& name) { return At(timeline_.Calls(name).at(0)); }

  Tracer& tracer() { return tracer_; }
  Timeline& timeline() { return timeline_; }
  void OnEvent(std::function<void(const Event&)> handler) { on_event_ = std::move(handler); }

 private:
  OwnedFd proc_;
  Timeline timeline_;
  std::function<void(const Event&)> on_event_;
  Tracer tracer_;
  OwnedFd output_;
};

}  // namespace sockspec
