// Driving one scenario in the calling worker process.
#include "harness/testbed/drive.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/processor.h"
#include "harness/base/socket_address.h"
#include "harness/base/text.h"
#include "harness/launch/launch.h"
#include "harness/sandbox/directory_copy.h"
#include "harness/sandbox/parent_network.h"
#include "harness/testbed/caller.h"
#include "harness/testbed/judging.h"
#include "harness/testbed/raw_host.h"
#include "harness/testbed/testbed.h"

namespace sockspec {
namespace {

// Its byte swap (54578) is a port of its own, so that a forgotten htons() shows.
constexpr int kPort = 13013;
constexpr int kBacklog = 16;
// An endless reply would fill megabytes of the kernel's before anybody reads.
constexpr int kLittleBuffer = 65536;
constexpr const char* kPath = "/tmp/sockspec.sock";
// No clock tells this time: a client that prints its own is seen.
constexpr const char* kDaytimeReply = "Tuesday, February 3, 2004 17:42:09-UTC\r\n";
// The same moment, in seconds since 1900.
constexpr const char* kTimeReply = "\xC3\xCA\x5B\xF1";

struct EndName {
  DriveEnd end;
  std::string_view name;
};
constexpr EndName kEnds[] = {{DriveEnd::kComplete, "complete"},
                             {DriveEnd::kNotReady, "not-ready"},
                             {DriveEnd::kDeadline, "deadline"},
                             {DriveEnd::kNotObservable, "not-observable"},
                             {DriveEnd::kNotExecutable, "not-executable"},
                             {DriveEnd::kHarnessError, "harness-error"}};

// The folder directly below `home` in which `path` lies: ~/.pyenv for ~/.pyenv/shims, since what
// lies on PATH there needs its neighbours. "" when it does not lie below.
std::string BelowHome(const std::string& home, const std::string& path) {
  if (home.empty() || home == "/" || !path.starts_with(home + "/")) return "";
  return path.substr(0, path.find('/', home.size() + 1));
}

}  // namespace

std::vector<std::string> ReadableFolders(const Manifest& manifest, const std::string& program_name,
                                         const std::string& directory,
                                         const std::string& tool_folder) {
  std::vector<std::string> folders = manifest.sandbox_read;
  folders.push_back(tool_folder);
  const char* path = getenv("PATH");
  for (std::string_view folder : Split(path != nullptr ? path : "", ':')) {
    const std::string below = BelowHome(CallerHome(), std::string(folder));
    if (!below.empty()) folders.push_back(below);
  }
  try {
    const std::string program =
        ResolveProgram(program_name, tool_folder + ":" + (path != nullptr ? path : ""),
                       BuiltFiles(manifest).OnHost(directory));
    folders.push_back(std::filesystem::path(program).parent_path());
    folders.push_back(std::filesystem::canonical(program).parent_path());
  } catch (const ProgramNotExecutable&) {
    // Found out again, and reported, at the launch.
  }
  std::erase_if(folders, [](const std::string& folder) {
    return folder == "/" || !std::filesystem::is_directory(folder);
  });
  return folders;
}

namespace {

// See Subject::missing. What the command line leaves out comes before what the host refuses: only
// the former is no fault.
std::map<std::string, std::string> MissingMeans(const DriveOptions& options) {
  std::map<std::string, std::string> missing;
  if (options.planes != Planes::kAll) {
    missing["trace"] = options.planes == Planes::kWire ? "--planes wire" : "--planes kernel";
  } else if (options.interactive) {
    missing["trace"] = "--debugger";
  } else if (!options.abilities.ptrace) {
    missing["trace"] = "ptrace denied";
  }
  if (options.planes == Planes::kWire) missing["kernel"] = "--planes wire";
  if (!options.abilities.socket_diag) missing["socket-diag"] = "no inet_diag";
  if (!options.abilities.user_namespaces) missing["namespaces"] = "no user namespaces";
  if (!options.abilities.network_settings) missing["network-settings"] = "/proc/sys is read-only";
  return missing;
}

// The folder of UNIX paths, where there is no private /tmp; removed with all that was put there.
class PathFolder {
 public:
  explicit PathFolder(const Subject& subject) {
    if (subject.isolated || subject.launch.path.has_value()) return;
    folder_ = std::filesystem::path(subject.path).parent_path();
    std::filesystem::remove_all(folder_);  // of a process that was killed and had our number
    CheckCall(mkdir(folder_.c_str(), 0700), "mkdir({})", folder_.string());
  }
  ~PathFolder() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }
  PathFolder(const PathFolder&) = delete;
  PathFolder& operator=(const PathFolder&) = delete;

 private:
  std::filesystem::path folder_;
};

// A port that is free now; where there is no network namespace of our own.
int LeasePort() {
  OwnedFd fd(CheckCall(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket(AF_INET)"));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  socklen_t size = sizeof address;
  CheckCall(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), "bind(port 0)");
  CheckCall(getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), "getsockname()");
  return ntohs(address.sin_port);
}

// Takes the questions of resolvers and never answers.
OwnedFd MuteResolver() {
  OwnedFd fd(CheckCall(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket(AF_INET)"));
  const SocketAddress address = MakeAddress(Transport::kUdp4, "127.0.0.1", 53);
  CheckCall(bind(fd.get(), address.get(), address.length), "bind(127.0.0.1:53)");
  return fd;
}

}  // namespace

std::string_view Name(DriveEnd end) { return kEnds[static_cast<int>(end)].name; }

std::optional<DriveEnd> ParseDriveEnd(std::string_view name) {
  for (const EndName& known : kEnds) {
    if (known.name == name) return known.end;
  }
  return std::nullopt;
}

Subject MakeSubject(const Program& program, Transport transport, const DriveOptions& options) {
  Subject subject;
  subject.role = program.role;
  subject.transport = transport;
  subject.service = program.service;
  subject.definition = program.definition;
  subject.launch = program.launch.at(transport);
  const LaunchSpec& spec = subject.launch;
  subject.missing = MissingMeans(options);
  subject.isolated = subject.Has("namespaces");
  subject.traced = subject.Has("trace");
  subject.address = IsRaw(transport)                ? RawHostAddress(transport)
                    : Family(transport) == AF_INET6 ? "::1"
                                                    : "127.0.0.1";
  subject.port = spec.port.value_or(subject.isolated ? kPort : LeasePort());
  subject.path = spec.path.value_or(
      subject.isolated ? kPath : fmt::format("/tmp/sockspec-{}-{}/s.sock", getuid(), getpid()));
  subject.backlog = spec.backlog.value_or(kBacklog);
  if (program.role == Role::kClient && program.definition.ServerSpeaksFirst()) {
    subject.reply = program.service == "time" ? kTimeReply : kDaytimeReply;
  }
  return subject;
}

StandIn BuiltFiles(const Manifest& manifest) {
  return manifest.built.empty() ? StandIn{} : StandIn{manifest.directory, manifest.built};
}

void PrepareToDrive(const std::vector<std::string>& directories, const HostAbilities& abilities) {
  for (const std::string& directory : directories) {
    std::error_code missing;  // is said where it is launched
    if (!std::filesystem::is_directory(directory, missing)) continue;
    SurveyDirectory(std::filesystem::absolute(directory).lexically_normal(), abilities.overlay);
  }
  if (abilities.user_namespaces) MakeParentNetwork();
  PrepareToLaunch();
  CallerName();
  CallerHome();
}

Drive DriveScenario(const ScenarioInfo& scenario, const Manifest& manifest, const Subject& subject,
                    const DriveOptions& options) {
  Drive drive;
  drive.began = MonotonicNanoseconds();
  if (const std::string reason = WhyNotObservable(scenario.name, subject); !reason.empty()) {
    drive.end = DriveEnd::kNotObservable;
    drive.reason = reason;
    return drive;
  }
  std::int64_t since = MonotonicNanoseconds();
  const auto lap = [&](const char* phase) {
    const std::int64_t now = MonotonicNanoseconds();
    drive.phases[phase] += static_cast<double>(now - since) / 1e6;
    since = now;
  };
  try {
    SandboxOptions sandbox_options;
    sandbox_options.directory = subject.launch.directory;
    sandbox_options.home = CallerHome();
    sandbox_options.stand_in = BuiltFiles(manifest);
    const std::vector<std::string>& command =
        options.wrap.empty() ? subject.launch.command : options.wrap;
    sandbox_options.readable =
        ReadableFolders(manifest, command.front(), subject.launch.directory, options.tool_folder);
    sandbox_options.first_unprivileged_port = scenario.needs.first_unprivileged_port;
    sandbox_options.longest_queue = scenario.needs.longest_queue;
    sandbox_options.extra_addresses = scenario.needs.extra_addresses;
    sandbox_options.names = scenario.needs.names;
    // Then all other names are asked for at 127.0.0.1, whatever the host's own files say.
    if (scenario.needs.silent_resolver) sandbox_options.names = {{"localhost", {"127.0.0.1"}}};
    sandbox_options.dead_routes = scenario.needs.dead_routes;
    sandbox_options.v6_only_default = scenario.needs.v6_only_default;
    if (IsUdp(subject.transport)) {
      // A server of both families has clients over either.
      for (const Transport transport : {Transport::kUdp4, Transport::kUdp6}) {
        sandbox_options.extra_addresses.push_back(DatagramClientAddress(transport));
      }
    }
    if (IsRaw(subject.transport)) AddRawHost(subject.transport, &sandbox_options);
    if (scenario.needs.little_send_buffer || subject.definition.Endless()) {
      sandbox_options.send_buffer = kLittleBuffer;
    }
    const PathFolder path_folder(subject);
    Sandbox sandbox = Sandbox::Enter(sandbox_options, options.abilities);
    const OwnedFd resolver = scenario.needs.silent_resolver ? MuteResolver() : OwnedFd();
    {
      Testbed testbed(manifest, subject, options, sandbox, scenario.needs, &drive.timeline);
      lap("namespaces");
      if (options.await_turn) {
        drive.began = options.await_turn();
        since = MonotonicNanoseconds();
        if (sandbox.init_pid() > 0) ShareProcessor(sandbox.init_pid());
      }
      testbed.Begin();
      drive.end = DriveEnd::kComplete;
      try {
        scenario.make()->Run(&testbed);
      } catch (const ScenarioEnded& ended) {
        drive.end = ended.end;
        drive.reason = ended.what();
      }
      drive.uncaptured = testbed.EndCapture();
      drive.goes_on = testbed.GoesOn();
      lap("exchange");
      drive.phases["ready"] = testbed.ready_ms();
      drive.phases["exchange"] -= testbed.ready_ms();
    }
    sandbox.End();
    lap("teardown");
  } catch (const ProgramNotExecutable& error) {
    drive.end = DriveEnd::kNotExecutable;
    drive.reason = error.what();
  } catch (const std::exception& error) {
    drive.end = DriveEnd::kHarnessError;
    drive.reason = error.what();
  }
  return drive;
}

}  // namespace sockspec
