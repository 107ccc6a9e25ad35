// Runs build commands, in a child: a process enters a sandbox for good.
#include "harness/campaign/build_step.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "harness/base/error.h"
#include "harness/base/owned_fd.h"
#include "harness/base/text.h"
#include "harness/launch/launch.h"
#include "harness/sandbox/directory_copy.h"
#include "harness/testbed/caller.h"
#include "harness/testbed/drive.h"
#include "harness/testbed/program_environment.h"

namespace sockspec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShownBytes = 2000;
constexpr std::uintmax_t kMostCopied = std::uintmax_t{1} << 30;
// Compilers write larger files than programs under test may, and start more processes.
constexpr Confinement kBuildLimits = {
    .processes = 4096, .file_size = std::int64_t{4} << 30, .open_files = 4096};
constexpr std::int64_t kBuildTmpfs = std::int64_t{2} << 30;  // HOME and TMPDIR: caches

struct Pipe {
  OwnedFd reader, writer;
};

Pipe NewPipe() {
  int ends[2];
  CheckCall(pipe2(ends, O_CLOEXEC), "pipe2()");
  return {OwnedFd(ends[0]), OwnedFd(ends[1])};
}

// Up to the end of file; of much text the end.
std::string ReadLast(const OwnedFd& reader, std::size_t limit) {
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = read(reader.get(), buffer, sizeof buffer)) != 0;) {
    if (got < 0 && errno != EINTR) break;
    if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > 2 * limit) text.erase(0, text.size() - limit);
  }
  return text.size() > limit ? text.substr(text.size() - limit) : text;
}

int WaitFor(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) == -1) {
    if (errno != EINTR) CheckCall(-1, "waitpid({})", pid);
  }
  return status;
}

void RunBuildCommand(const Manifest& manifest, const std::vector<std::string>& command,
                     const std::vector<std::string>& environment, const std::string& path) {
  const OwnedFd input(CheckCall(open("/dev/null", O_RDONLY | O_CLOEXEC), "open(/dev/null)"));
  Pipe output = NewPipe();
  const pid_t pid =
      LaunchProgram({.program = ResolveProgram(command.front(), path, manifest.directory),
                     .argv = command,
                     .environment = environment,
                     .directory = manifest.directory,
                     .input = input.get(),
                     .output = output.writer.get(),
                     .error = output.writer.get(),
                     .confinement = kBuildLimits,
                     .trace = false});
  output.writer.Reset();
  const std::string printed = ReadLast(output.reader, kShownBytes);
  const int status = WaitFor(pid);
  if (status == 0) return;
  throw BuildFailed(fmt::format("{}: build command {} {}: {}", manifest.file, ShellQuote(command),
                                WIFSIGNALED(status)
                                    ? fmt::format("was killed by {}", SignalName(WTERMSIG(status)))
                                    : fmt::format("ended with status {}", WEXITSTATUS(status)),
                                Quote(printed, kShownBytes)));
}

void RunAllInSandbox(const Manifest& manifest, const std::string& copy,
                     const HostAbilities& abilities, const std::string& tool_folder) {
  SandboxOptions options;
  options.directory = manifest.directory;
  options.home = CallerHome();
  options.tmpfs_bytes = kBuildTmpfs;
  if (!copy.empty()) {
    options.stand_in = {.at = manifest.directory, .files = copy};
    options.keep_writes = true;
  }
  for (const std::vector<std::string>& command : manifest.build) {
    const auto more = ReadableFolders(manifest, command.front(), manifest.directory, tool_folder);
    options.readable.insert(options.readable.end(), more.begin(), more.end());
  }
  const Sandbox sandbox = Sandbox::Enter(options, abilities);
  const auto variables = ProgramEnvironment(manifest, tool_folder, sandbox);
  std::vector<std::string> environment;
  for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
  for (const std::vector<std::string>& command : manifest.build) {
    RunBuildCommand(manifest, command, environment, variables.at("PATH"));
  }
}

std::uintmax_t SizeOf(const std::string& folder) {
  std::uintmax_t size = 0;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
    std::error_code gone;
    if (entry.is_regular_file(gone) && !entry.is_symlink(gone)) size += entry.file_size(gone);
    if (size > kMostCopied) break;
  }
  return size;
}

BuiltFolder CopyOf(const Manifest& manifest) {
  if (SizeOf(manifest.directory) > kMostCopied) {
    throw BuildFailed(fmt::format(
        "{}: [build] works in a copy of the manifest's folder, and that has more than 1 GiB: build "
        "before sockspec is run, or put the manifest into a folder of its own",
        manifest.file));
  }
  const char* base = getenv("TMPDIR");
  std::string path =
      fmt::format("{}/sockspec-build-XXXXXX", base != nullptr && *base != 0 ? base : "/tmp");
  if (mkdtemp(path.data()) == nullptr) ThrowSystemError(errno, fmt::format("mkdtemp({})", path));
  BuiltFolder folder(path);
  CopyDirectory(manifest.directory, path);
  return folder;
}

}  // namespace

BuiltFolder::~BuiltFolder() {
  if (path_.empty()) return;
  std::error_code ignored;  // what cannot be removed is left
  fs::remove_all(path_, ignored);
}

BuiltFolder BuildPrograms(const Manifest& manifest, const HostAbilities& abilities,
                          const std::string& tool_folder) {
  if (manifest.build.empty()) return {};
  BuiltFolder folder = abilities.user_namespaces ? CopyOf(manifest) : BuiltFolder();
  CallerHome();  // asked here, not in the child
  Pipe report = NewPipe();
  const pid_t pid = CheckCall(fork(), "fork()");
  if (pid == 0) {
    std::string failure;
    try {
      RunAllInSandbox(manifest, folder.path(), abilities, tool_folder);
    } catch (const std::exception& error) {
      failure = error.what();
    }
    // Short enough for a pipe to take it whole.
    const bool told = write(report.writer.get(), failure.data(), failure.size()) >= 0;
    _exit(failure.empty() && told ? 0 : 1);
  }
  report.writer.Reset();
  const std::string failure = ReadLast(report.reader, 4 * kShownBytes);
  const int status = WaitFor(pid);
  if (status == 0) return folder;
  throw BuildFailed(failure.empty() ? fmt::format("{}: the build was ended", manifest.file)
                                    : failure);
}

}  // namespace sockspec
