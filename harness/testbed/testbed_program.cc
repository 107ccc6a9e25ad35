// The engine behind Scenario: launching, signalling and awaiting the program.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/text.h"
#include "harness/launch/launch.h"
#include "harness/testbed/caller.h"
#include "harness/testbed/program_environment.h"
#include "harness/testbed/testbed.h"

namespace sockspec {
namespace {

std::string FamilyWord(const std::string& transport) {
  if (transport.ends_with("4")) return "ipv4";
  if (transport.ends_with("6")) return "ipv6";
  if (transport.starts_with("unix")) return "unix";
  return transport;  // appletalk, pup
}

}  // namespace

Placeholders Testbed::PlaceholdersFor(const LaunchOptions& options) const {
  const std::string transport = options.transport.value_or(std::string(Name(subject_.transport)));
  const std::string address = options.address.value_or(subject_.address);
  return {{"transport", transport},
          {"family", FamilyWord(transport)},
          {"address", address},
          {"host", address},
          {"port", options.port.value_or(std::to_string(subject_.port))},
          {"path", options.path.value_or(subject_.path)},
          {"backlog", options.backlog.value_or(std::to_string(subject_.backlog))},
          {"service", subject_.service},
          {"user", CallerName()}};
}

std::vector<std::string> Testbed::EnvironmentFor(const LaunchSpec& spec,
                                                 const Placeholders& values) const {
  std::map<std::string, std::string> environment =
      ProgramEnvironment(manifest_, options_.tool_folder, sandbox_);
  for (const auto& [name, value] : spec.environment) environment[name] = Expand(value, values);
  std::vector<std::string> list;
  for (const auto& [name, value] : environment) list.push_back(name + "=" + value);
  return list;
}

LaunchOutcome Testbed::Launch(const LaunchOptions& options) {
  const std::int64_t launch_began = MonotonicNanoseconds();
  const Placeholders values = PlaceholdersFor(options);
  LaunchRequest request;
  for (const std::string& word : options_.wrap) request.argv.push_back(word);
  for (const std::string& word : spec_.command) {
    if (options.arguments.has_value() && word.find('{') != std::string::npos) break;
    request.argv.push_back(Expand(word, values));
  }
  if (options.arguments.has_value()) {
    // An option whose value is left out would stand alone: --port, without {port}.
    if (request.argv.size() > 1 && request.argv.back().starts_with('-')) request.argv.pop_back();
    request.argv.insert(request.argv.end(), options.arguments->begin(), options.arguments->end());
  }
  request.environment = EnvironmentFor(spec_, values);
  request.directory = spec_.directory;
  for (const auto& [name, content] : spec_.files) {
    const std::filesystem::path file = std::filesystem::path(spec_.directory) / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << Expand(content, values);
  }
  const std::string& path =
      *std::find_if(request.environment.begin(), request.environment.end(),
                    [](const std::string& entry) { return entry.starts_with("PATH="); });
  request.program = ResolveProgram(request.argv[0], path.substr(5), spec_.directory);
  request.trace = subject_.traced;
  request.signal_actions = signal_actions_;
  request.own_clock = own_clock_;
  request.umask = options.umask.value_or(-1);
  request.closed = options.closed;
  request.first_free_descriptor = options.first_free_descriptor;
  if (spec_.standard_input.kind == StdinKind::kClosed) request.closed.push_back(0);
  if (manifest_.limits.processes) request.confinement.processes = *manifest_.limits.processes;
  if (manifest_.limits.memory) request.confinement.memory = *manifest_.limits.memory;
  if (manifest_.limits.files) request.confinement.open_files = *manifest_.limits.files;
  request.confinement.open_files += options.first_free_descriptor - 3;

  if (IsRaw(subject_.transport)) {
    request.confinement.raw_sockets =
        options.without_raw_sockets ? RawSockets::kWithheld : RawSockets::kAllowed;
  }

  ++run_;
  now_listening_ = values.at("address");
  now_path_ = values.at("path");
  now_port_ = options.port.has_value() ? std::atoi(options.port->c_str()) : subject_.port;
  waiting_unix_.clear();
  if (tracer_ != nullptr) tracer_->Disarm();
  for (const Fault& fault : options.faults) Arm(fault);
  OwnedFd ends[3];
  OpenPipes(options, values, ends);
  request.input = ends[0].get();
  request.output = ends[1].get();
  request.error = ends[2].get();
  Record({.kind = EventKind::kLaunched, .run = run_, .text = ShellQuote(request.argv)});
  if (request.first_free_descriptor > 3) {
    Record({.kind = EventKind::kFault,
            .text = fmt::format("descriptors 3 to {} are open already",
                                request.first_free_descriptor - 1)});
  }
  const pid_t pid = LaunchProgram(request);
  for (OwnedFd& end : ends) end.Reset();
  watch_->Adopt(pid, run_, own_clock_);

  if (subject_.role == Role::kClient) {
    if (ready_ms_ == 0) ready_ms_ = (MonotonicNanoseconds() - launch_began) / 1e6;
    return LaunchOutcome::kServing;
  }
  const Waited waited = Wait([&] { return IsReady(); }, Patience::kUntilServing);
  DrainOutput();
  if (waited == Waited::kHappened) {
    Record({.kind = EventKind::kReady,
            .text = watch_->Spins() ? "it looks for clients without ever waiting"
                                    : watch_->StateOfRest().what});
    if (ready_ms_ == 0) ready_ms_ = (MonotonicNanoseconds() - launch_began) / 1e6;
    return LaunchOutcome::kServing;
  }
  if (waited == Waited::kProgramGone) {
    Record({.kind = EventKind::kNotReady, .text = "it ended before it served"});
    return LaunchOutcome::kExited;
  }
  RecordRest(waited);
  Record({.kind = EventKind::kNotReady,
          .text = waited == Waited::kSpins
                      ? "it spins and never serves"
                      : "it sleeps in " + watch_->StateOfRest().what + " and never serves"});
  return LaunchOutcome::kIdle;
}

void Testbed::Start(const LaunchOptions& options) {
  if (Launch(options) != LaunchOutcome::kServing) {
    throw ScenarioEnded(DriveEnd::kNotReady,
                        timeline_->events()[timeline_->OfKind(EventKind::kNotReady).back()].text);
  }
}

pid_t Testbed::ProgramToSignal(bool listener) const {
  const pid_t launched = watch_->LaunchedPid(run_);
  if (launched != 0 && !listener) return launched;
  const std::vector<pid_t> living = watch_->LivingProcesses();
  return living.empty() ? 0 : living.front();
}

void Testbed::Signal(int signal) {
  Step(fmt::format("sends {}", SignalName(signal)));
  if (signal == SIGSTOP || signal == SIGCONT) {
    for (pid_t pid : watch_->LivingProcesses()) watch_->Signal(pid, signal);
    if (signal == SIGSTOP) {
      Wait([&] { return watch_->AllStopped(); }, Patience::kUntilServing, [] { return true; });
    }
    return;
  }
  if (const pid_t pid = ProgramToSignal(false); pid != 0) watch_->Signal(pid, signal);
}

void Testbed::Interrupt() {
  Step("interrupts the program as Ctrl-C does: SIGINT to all of its processes");
  for (pid_t pid : watch_->LivingProcesses()) watch_->Signal(pid, SIGINT);
}

void Testbed::Stop() {
  const int signal = spec_.stop_signal;
  Step(fmt::format("stops the program with {}", SignalName(signal)));
  flooded_run_.reset();  // from now on its end is waited for
  if (spec_.stop_target == StopTarget::kGroup) {
    for (pid_t pid : watch_->LivingProcesses()) watch_->Signal(pid, signal);
  } else if (const pid_t pid = ProgramToSignal(spec_.stop_target == StopTarget::kListener);
             pid != 0) {
    watch_->Signal(pid, signal);
  }
  RecordRest(Wait([&] { return !watch_->AnyLiving(); }, Patience::kUntilSettled));
  DrainOutput();
}

bool Testbed::Relaunch() {
  Kill();
  ClearPath();
  return Launch({}) == LaunchOutcome::kServing;
}

void Testbed::Kill() {
  Step("kills the program");
  flooded_run_.reset();
  for (pid_t pid : watch_->LivingProcesses()) watch_->Signal(pid, SIGKILL);
  Wait([&] { return !watch_->AnyLiving(); }, Patience::kUntilServing);
  if (tracer_ != nullptr && sandbox_.init_pid() != 0) tracer_->EndStrays(sandbox_.init_pid());
  DrainOutput();
}

void Testbed::WaitForExit() {
  RecordRest(Wait([&] { return !watch_->LaunchedAlive(run_); }, Patience::kUntilSettled));
  DrainOutput();
}

void Testbed::Settle() {
  RecordRest(Wait({}, Patience::kUntilSettled), Awaited::kRest);
  DrainOutput();
}

void Testbed::SettleInWait() {
  RecordRest(Wait({}, Patience::kUntilIdle), Awaited::kRest);
  DrainOutput();
}

bool Testbed::Running() const { return watch_->LaunchedAlive(run_); }

}  // namespace sockspec
