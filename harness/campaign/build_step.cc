// Runs build commands.
#include "harness/campaign/build_step.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/owned_fd.h"
#include "harness/base/text.h"

namespace sockspec {
namespace {

constexpr std::size_t kShownBytes = 2000;

// In the child: becomes the command, or leaves with exec's errno as a text in `output`.
[[noreturn]] void Become(const Manifest& manifest, const std::vector<std::string>& command,
                         int output) {
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  for (const auto& [name, value] : manifest.environment_set) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  if (chdir(manifest.directory.c_str()) == 0) execvp(argv[0], argv.data());
  fmt::print(stderr, "{}", ErrnoName(errno));
  std::fflush(stderr);
  _exit(127);
}

void RunBuildCommand(const Manifest& manifest, const std::vector<std::string>& command) {
  int ends[2];
  CheckCall(pipe2(ends, O_CLOEXEC), "pipe2()");
  OwnedFd input(ends[0]);
  OwnedFd output(ends[1]);
  const pid_t pid = CheckCall(fork(), "fork()");
  if (pid == 0) Become(manifest, command, output.get());
  output.Reset();
  std::string printed;
  char buffer[4096];
  for (ssize_t got; (got = read(input.get(), buffer, sizeof buffer)) != 0;) {
    if (got < 0 && errno != EINTR) break;
    if (got > 0) printed.append(buffer, static_cast<std::size_t>(got));
    if (printed.size() > 2 * kShownBytes) printed.erase(0, printed.size() - kShownBytes);
  }
  int status = 0;
  CheckCall(waitpid(pid, &status, 0), "waitpid({})", pid);
  if (status == 0) return;
  const std::string shown =
      printed.size() > kShownBytes ? printed.substr(printed.size() - kShownBytes) : printed;
  throw BuildFailed(fmt::format("{}: build command {} {}: {}", manifest.file, ShellQuote(command),
                                WIFSIGNALED(status)
                                    ? fmt::format("was killed by {}", SignalName(WTERMSIG(status)))
                                    : fmt::format("ended with status {}", WEXITSTATUS(status)),
                                Quote(shown, kShownBytes)));
}

}  // namespace

void BuildPrograms(const Manifest& manifest) {
  for (const std::vector<std::string>& command : manifest.build) {
    RunBuildCommand(manifest, command);
  }
}

}  // namespace sockspec
