// The engine behind Scenario: the timeline and the one way to wait.
#include "harness/testbed/testbed.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/processor.h"
#include "harness/kernel/process_table.h"
#include "harness/testbed/scenario.h"

namespace sockspec {
namespace {

// How long a program that is not traced, and sleeps perhaps for a limited time, is waited for to go
// on by itself where something is expected of it. What has not happened by then is held against
// nobody (judging.cc): it is not known.
constexpr double kUncertainSeconds = 2;

}  // namespace

Testbed::Testbed(const Manifest& manifest, const Subject& subject, const DriveOptions& options,
                 const Sandbox& sandbox, const ScenarioNeeds& needs, Timeline* timeline)
    : manifest_(manifest),
      subject_(subject),
      expected_reply_(subject.definition),
      spec_(subject.launch),
      options_(options),
      sandbox_(sandbox),
      signal_actions_(needs.signal_actions),
      own_clock_(needs.own_clock),
      timeline_(timeline),
      sockets_(sandbox.proc_fd()) {
  WatchHooks hooks;
  hooks.record = [this](Event event) { Record(std::move(event)); };
  hooks.connection_of = [this](pid_t pid, int fd, const std::string& peer) {
    return ConnectionOf(pid, fd, peer);
  };
  hooks.other_child_ended = [this](pid_t pid, int) {
    if (pid == sandbox_.init_pid()) deadline_ = "the sandbox's init ended early";
  };
  hooks.datagrams = UsesDatagrams();
  const bool captures = options.captures >= 0 && !IsUnix(subject_.transport);
  if (captures || SendsPackets()) flush_.emplace();
  if (captures) {
    OwnedFd file(CheckCall(openat(options.captures, options.capture_file.c_str(),
                                  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666),
                           "open({})", options.capture_file));
    capture_.emplace(std::move(file), &*flush_, &loop_);
  }
  if (subject.traced) {
    auto tracer = std::make_unique<Tracer>(sandbox.proc_fd(), std::move(hooks));
    tracer_ = tracer.get();
    watch_ = std::move(tracer);
  } else {
    watch_ =
        std::make_unique<UntracedProgram>(sandbox.proc_fd(), sandbox.init_pid(), std::move(hooks));
  }
}

void Testbed::Begin() {
  began_ = MonotonicNanoseconds();
  if (!sandbox_.isolated()) first_counters_ = ReadTcpCounters(sandbox_.proc_fd());
  // Which processors it asks for would not be seen.
  if (tracer_ == nullptr) LeaveProcessor();
  Record({.kind = EventKind::kStep, .number = RealtimeNanoseconds(), .text = "wall clock"});
}

Testbed::~Testbed() = default;

Tracer& Testbed::NeedTracer() {
  if (tracer_ == nullptr) {
    throw ScenarioEnded(DriveEnd::kNotObservable, NotObservable(subject_, "trace"));
  }
  return *tracer_;
}

int Testbed::Record(Event event) {
  event.at = MonotonicNanoseconds() - began_;
  if (event.run == 0 && event.process == 0) event.run = std::max(run_, 0);
  timeline_->Append(std::move(event));
  // Steps that read on as long as something comes do not run the loop.
  if (capture_.has_value()) capture_->Take();
  return static_cast<int>(timeline_->size()) - 1;
}

std::int64_t Testbed::EndCapture() {
  if (!capture_.has_value()) return 0;
  const std::int64_t missing = capture_->Finish();
  capture_.reset();
  return missing;
}

void Testbed::Step(std::string_view text) {
  Record({.kind = EventKind::kStep, .text = std::string(text)});
}

Look Testbed::LookAround(const std::function<bool()>& happened, Patience patience,
                         const std::function<bool()>& expected, Waited* outcome) {
  if (deadline_.has_value()) throw std::runtime_error(*deadline_);
  const auto done = [&](Waited waited) {
    *outcome = waited;
    return Look::kDone;
  };
  const int stops = watch_->HandleStops();
  stops_ += stops;
  if (happened && happened()) return done(Waited::kHappened);
  // While a server spins another thread of it may yet answer; a client that spins has nobody but us
  // to wait for.
  const bool until_it_acts =
      patience == Patience::kUntilServing ||
      (patience == Patience::kUntilAnswered && subject_.role == Role::kServer);
  if (until_it_acts ? watch_->SpinsAlone() : watch_->Spins()) return done(Waited::kSpins);
  // Nothing holds up who sends datagrams without end.
  const bool floods = FloodsOutput() || flooded_run_ == run_;
  if (floods && watch_->AnyLiving()) return done(Waited::kFloods);
  if (!watch_->AnyLiving()) {
    if (loop_.HandlePending() || stops > 0) return Look::kAgain;
    return happened && happened() ? done(Waited::kHappened) : done(Waited::kProgramGone);
  }
  RestState rest = watch_->StateOfRest();
  if (rest.rest == Rest::kFallingAsleep) return Look::kAgain;
  // What runs tells by a stop when it has come somewhere: nearly every call that can put it to
  // sleep is followed. Should it sleep in another one, the watchdog ends the wait, and what is true
  // then is judged as if it had been seen at once.
  if (rest.rest == Rest::kActive)
    return stops < ProgramWatch::kMostStops ? Look::kWait : Look::kAgain;
  // No time passes while a thread is held: nobody is to lose patience with it.
  const bool until_idle =
      patience == Patience::kUntilIdle || (tracer_ != nullptr && tracer_->HoldsAny());
  if (rest.rest == Rest::kTimedWait && !until_idle) {
    if (BringIn()) return Look::kAgain;  // its time is not over while an answer is on its way
    if (tracer_ != nullptr) return tracer_->EndTimedWaits() ? Look::kAgain : Look::kWait;
    // Its timed waits cannot be ended, and may be none. Nothing tells when such a thread goes on.
    if (IsPatient(static_cast<bool>(happened), patience)) return Look::kAgain;
  }
  // All sleep. Whatever came in before that must be handled first, and must not have woken anyone.
  const bool came_in = loop_.HandlePending();
  const int more_stops = watch_->HandleStops();
  stops_ += more_stops;
  if (came_in || stops > 0 || more_stops > 0) return Look::kAgain;
  const Rest second = watch_->StateOfRest().rest;
  if (second != rest.rest || !watch_->OffTheProcessor()) return Look::kAgain;
  if (happened && happened()) return done(Waited::kHappened);
  if (expected && expected()) return Look::kWait;
  if (BringIn()) return Look::kAgain;
  if (input_is_due_ && !until_idle) {
    GiveInput();
    return Look::kAgain;
  }
  const bool certain = rest.rest == Rest::kSettled || until_idle;
  return done(certain ? Waited::kSettled : Waited::kAsleep);
}

bool Testbed::IsPatient(bool awaits_more, Patience patience) const {
  // A start-up gets the whole time of the watchdog.
  if (!awaits_more || patience == Patience::kUntilServing) return awaits_more;
  const double seconds = kUncertainSeconds * options_.watchdog_seconds / kUsualWatchdogSeconds;
  return static_cast<double>(MonotonicNanoseconds() - wait_began_) / 1e9 < seconds;
}

Testbed::Waited Testbed::Wait(const std::function<bool()>& happened, Patience patience,
                              const std::function<bool()>& expected) {
  Waited outcome = Waited::kHappened;
  // What it did before does not count: it may just have been told to do something else.
  watch_->ForgetSpins();
  wait_began_ = MonotonicNanoseconds();
  const bool in_time =
      loop_.RunUntil([&] { return LookAround(happened, patience, expected, &outcome); },
                     options_.watchdog_seconds);
  if (in_time) return outcome;
  // The watchdog only ends the wait; what is true now decides what it was.
  stops_ += watch_->HandleStops();
  const RestState rest = watch_->StateOfRest();
  if (rest.rest == Rest::kSettled && !(expected && expected())) return Waited::kSettled;
  if (watch_->Spins()) RecordRest(Waited::kSpins);
  const double used = ProcessorSeconds();
  const std::string why =
      fmt::format("after {} s: {}", options_.watchdog_seconds,
                  rest.rest == Rest::kTimedWait
                      ? "still in " + rest.what
                      : fmt::format("still running, having used {:.1f} s of processor time", used));
  Record({.kind = EventKind::kDeadline,
          .number = static_cast<std::int64_t>(100 * used / options_.watchdog_seconds),
          .text = why});
  throw ScenarioEnded(DriveEnd::kDeadline, why);
}

double Testbed::ProcessorSeconds() const {
  std::uint64_t ticks = 0;
  for (pid_t pid : watch_->LivingProcesses()) {
    const auto stat = ReadProcessStat(sandbox_.proc_fd(), pid);
    if (stat.has_value()) ticks += stat->cpu_ticks;
  }
  return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

void Testbed::RecordRest(Waited waited, Awaited awaited) {
  if (waited == Waited::kAsleep) {
    Record({.kind = EventKind::kAsleep,
            .number = awaited == Awaited::kMore ? 1 : 0,
            .text = watch_->StateOfRest().what});
  }
  if (waited == Waited::kSpins) {
    watch_->ForgetSpins();
    Record({.kind = EventKind::kNotSettled,
            .number = Tracer::kSpin,
            .text = fmt::format("spins: {} calls have failed in a row with no wait between",
                                Tracer::kSpin)});
  }
  if (waited == Waited::kFloods) {
    Record({.kind = EventKind::kNotSettled,
            .text = FloodsOutput() ? "prints without end" : "sends datagrams without end"});
  }
  if (waited != Waited::kSettled) return;
  Record({.kind = EventKind::kSettled, .text = watch_->StateOfRest().what});
}

}  // namespace sockspec
