// The engine behind Scenario: launching, signalling and awaiting the program.
#include <fcntl.h>
#include <sys/resource.h>
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

// Kept of each output stream; a client may be sent 1 MiB. The rest is read and thrown away, so that
// the program never stalls.
constexpr std::int64_t kOutputKept = 4 << 20;

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

void Testbed::OpenPipes(const LaunchOptions& options, OwnedFd ends[3]) {
  const StdinSpec& standard_input = spec_.standard_input;
  if (standard_input.kind == StdinKind::kOpen || standard_input.kind == StdinKind::kText) {
    int pipe_ends[2];
    CheckCall(pipe2(pipe_ends, O_CLOEXEC), "pipe2()");
    ends[0] = OwnedFd(pipe_ends[0]);
    input_ = OwnedFd(pipe_ends[1]);
    if (standard_input.kind == StdinKind::kText) {
      // A pipe takes 64 KiB without a reader; more than that is no command line for a client.
      CheckCall(write(input_.get(), standard_input.text.data(), standard_input.text.size()),
                "write(standard input)");
      input_.Reset();
    }
  } else {
    ends[0] = OwnedFd(CheckCall(open("/dev/null", O_RDONLY | O_CLOEXEC), "open(/dev/null)"));
  }
  for (int stream = 1; stream <= 2; ++stream) {
    if (outputs_[stream].fd.get() >= 0) loop_.Forget(outputs_[stream].fd.get());
    outputs_[stream] = {};
    if (stream == 1 && (options.full_output || options.null_output)) {
      const char* device = options.full_output ? "/dev/full" : "/dev/null";
      ends[1] = OwnedFd(CheckCall(open(device, O_WRONLY | O_CLOEXEC), "open({})", device));
      continue;
    }
    int pipe_ends[2];
    CheckCall(pipe2(pipe_ends, O_CLOEXEC), "pipe2()");
    ends[stream] = OwnedFd(pipe_ends[1]);
    outputs_[stream].fd = OwnedFd(pipe_ends[0]);
    CheckCall(fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK), "fcntl(O_NONBLOCK)");
    loop_.OnReadable(pipe_ends[0], [this, stream] { ReadOutput(stream); });
  }
}

void Testbed::ReadOutput(int stream) {
  Output& output = outputs_[stream];
  char buffer[65536];
  while (!output.fd.empty()) {
    const ssize_t n = read(output.fd.get(), buffer, sizeof buffer);
    if (n == 0) {
      loop_.Forget(output.fd.get());
      output.fd.Reset();
      return;
    }
    if (n < 0) return;  // EAGAIN: all read
    std::string_view bytes(buffer, static_cast<std::size_t>(n));
    const std::int64_t limit = manifest_.limits.output.value_or(kOutputKept);
    const std::int64_t room = limit - output.kept;
    if (room <= 0) {
      if (!output.cut) {
        Record({.kind = EventKind::kOutput,
                .process = 1,
                .number = stream,
                .text = fmt::format("cut here: more than {} bytes", limit)});
      }
      output.cut = true;
      continue;
    }
    bytes = bytes.substr(0, static_cast<std::size_t>(room));
    output.kept += static_cast<std::int64_t>(bytes.size());
    Record({.kind = EventKind::kOutput,
            .run = run_,
            .process = 1,
            .number = stream,
            .bytes = std::string(bytes)});
  }
}

void Testbed::DrainOutput() {
  ReadOutput(1);
  ReadOutput(2);
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
  request.own_clock = own_clock_;
  request.umask = options.umask.value_or(-1);
  request.closed = options.closed;
  if (spec_.standard_input.kind == StdinKind::kClosed) request.closed.push_back(0);
  if (manifest_.limits.processes) request.confinement.processes = *manifest_.limits.processes;
  if (manifest_.limits.memory) request.confinement.memory = *manifest_.limits.memory;
  if (manifest_.limits.files) request.confinement.open_files = *manifest_.limits.files;

  ++run_;
  now_listening_ = values.at("address");
  now_path_ = values.at("path");
  now_port_ = options.port.has_value() ? std::atoi(options.port->c_str()) : subject_.port;
  waiting_unix_.clear();
  if (tracer_ != nullptr) tracer_->Disarm();
  for (const Fault& fault : options.faults) Arm(fault);
  OwnedFd ends[3];
  OpenPipes(options, ends);
  request.input = ends[0].get();
  request.output = ends[1].get();
  request.error = ends[2].get();
  Record({.kind = EventKind::kLaunched, .run = run_, .text = ShellQuote(request.argv)});
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

void Testbed::Stop() {
  const int signal = spec_.stop_signal;
  Step(fmt::format("stops the program with {}", SignalName(signal)));
  if (spec_.stop_target == StopTarget::kGroup) {
    for (pid_t pid : watch_->LivingProcesses()) watch_->Signal(pid, signal);
  } else if (const pid_t pid = ProgramToSignal(spec_.stop_target == StopTarget::kListener);
             pid != 0) {
    watch_->Signal(pid, signal);
  }
  RecordRest(Wait([&] { return !watch_->AnyLiving(); }, Patience::kUntilSettled));
  DrainOutput();
}

void Testbed::Kill() {
  Step("kills the program");
  for (pid_t pid : watch_->LivingProcesses()) watch_->Signal(pid, SIGKILL);
  Wait([&] { return !watch_->AnyLiving(); }, Patience::kUntilServing);
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

void Testbed::LimitOpenFiles(bool exhausted) {
  for (pid_t pid : watch_->LivingProcesses()) {
    rlimit limit{};
    CheckCall(prlimit(pid, RLIMIT_NOFILE, nullptr, &limit), "prlimit({})", pid);
    if (exhausted) {
      file_limits_.emplace(pid, limit.rlim_cur);
      limit.rlim_cur = static_cast<rlim_t>(LowestFreeDescriptor(sandbox_.proc_fd(), pid));
    } else if (file_limits_.contains(pid)) {
      limit.rlim_cur = file_limits_.at(pid);
    }
    CheckCall(prlimit(pid, RLIMIT_NOFILE, &limit, nullptr), "prlimit({}, {})", pid, limit.rlim_cur);
  }
  Record({.kind = EventKind::kFault,
          .text = exhausted ? "no more descriptors: RLIMIT_NOFILE is at the lowest free one"
                            : "descriptors are free again"});
}

void Testbed::MoveClock(int seconds) {
  if (!own_clock_) return;
  NeedTracer().MoveClock(seconds);
  Record({.kind = EventKind::kFault,
          .text = fmt::format("the program's clock moves on by {} s", seconds)});
}

}  // namespace sockspec
