// Launching by Boost.Process v2 with a launcher of ours.
#include "harness/launch/launch.h"

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// Process v2 with std::filesystem forgets these; they must come first.
#include <boost/optional.hpp>
#include <boost/type_traits/conditional.hpp>
#include <boost/type_traits/is_constructible.hpp>
#include <boost/type_traits/is_same.hpp>
#include <boost/type_traits/remove_pointer.hpp>

#include <boost/process/v2.hpp>
// Boost 1.81 leaves this out of its header-only form.
#include <algorithm>
#include <boost/process/v2/impl/environment.ipp>
#include <csignal>
#include <filesystem>

#include "harness/base/error.h"
#include "harness/base/owned_fd.h"
#include "harness/base/text.h"
#include "harness/trace/seccomp_filters.h"

namespace sockspec {
namespace {

namespace process = boost::process::v2;

boost::system::error_code Errno(int error) { return {error, boost::system::system_category()}; }

bool IsSocket(int fd) {
  struct stat info {};
  return fd >= 0 && fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode);
}

// What whoever started sockspec had it ignore, as nohup does; exec would hand that on. sockspec
// itself ignores none.
const std::vector<int>& IgnoredSignals() {
  static const std::vector<int> ignored = [] {
    std::vector<int> found;
    for (int signal = 1; signal < NSIG; ++signal) {
      struct sigaction action {};
      if (sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) {
        found.push_back(signal);
      }
    }
    return found;
  }();
  return ignored;
}

// The steps below run in the child between vfork and exec: they share the parent's memory and may
// write nothing but locals.

struct Stdio {
  int from[3];
  boost::system::error_code on_exec_setup(process::posix::default_launcher&,
                                          const std::filesystem::path&, const char* const*) const {
    for (int fd = 0; fd < 3; ++fd) {
      if (from[fd] < 0) {
        close(fd);
      } else if (dup2(from[fd], fd) == -1) {
        return Errno(errno);
      }
    }
    return {};
  }
};

// Before the limit of open files holds.
struct Occupied {
  int before;
  int device;
  boost::system::error_code on_exec_setup(process::posix::default_launcher&,
                                          const std::filesystem::path&, const char* const*) const {
    // From above down: `device` itself may be one of them.
    for (int fd = before - 1; fd >= 3; --fd) {
      if (fd == device) {
        if (fcntl(fd, F_SETFD, 0) == -1) return Errno(errno);
      } else if (dup2(device, fd) == -1) {
        return Errno(errno);
      }
    }
    return {};
  }
};

struct Confined {
  const LaunchRequest& request;
  const std::vector<int>& ignored;
  boost::system::error_code on_exec_setup(process::posix::default_launcher&,
                                          const std::filesystem::path&, const char* const*) const {
    // The worker blocks signals for its event loop; the program gets the defaults. Handlers end
    // with exec.
    sigset_t none;
    sigemptyset(&none);
    for (const int signal : ignored) {
      struct sigaction action {};
      action.sa_handler = SIG_DFL;
      sigaction(signal, &action, nullptr);
    }
    sigprocmask(SIG_SETMASK, &none, nullptr);
    if (request.umask >= 0) ::umask(static_cast<mode_t>(request.umask));
    return Errno(ConfineSelf(request.confinement));
  }
};

struct Traced {
  const LaunchRequest& request;
  bool has_socket;  // from its start
  boost::system::error_code on_exec_setup(process::posix::default_launcher&,
                                          const std::filesystem::path&, const char* const*) const {
    if (!request.trace) return {};
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) == -1) return Errno(errno);
    int error = InstallFilter(TracingFilters().at_start);
    if (error == 0 && has_socket) error = InstallFilter(TracingFilters().with_socket);
    if (error == 0 && request.signal_actions)
      error = InstallFilter(TracingFilters().signal_actions);
    if (error == 0 && request.own_clock) error = InstallFilter(TracingFilters().own_clock);
    return Errno(error);
  }
};

// vfork: the parent goes on at the child's exec or _exit, so that exec's errno comes back in
// memory.
struct VforkLauncher : process::posix::default_launcher {
  const char* first_word;  // argv[0] as the user wrote it
  int first_to_close = 3;

  // The process id; a process of Boost's would watch it by descriptors, which the tracer does.
  template <typename... Initialisers>
  pid_t operator()(boost::system::error_code& error, const std::filesystem::path& program,
                   const std::vector<std::string>& arguments, Initialisers&&... initialisers) {
    auto argv = this->build_argv_(program, arguments);
    error = process::posix::detail::on_setup(*this, program, argv, initialisers...);
    if (error) return -1;
    const_cast<const char**>(argv)[0] = first_word;
    volatile int failed = 0;
    pid = ::vfork();
    if (pid == 0) {
      const auto setup =
          process::posix::detail::on_exec_setup(*this, program, argv, initialisers...);
      if (setup) {
        failed = setup.value();
        _exit(127);
      }
      close_range(static_cast<unsigned>(first_to_close), ~0U, CLOSE_RANGE_CLOEXEC);
      ::execve(program.c_str(), const_cast<char* const*>(argv), const_cast<char* const*>(env));
      failed = errno;
      _exit(127);
    }
    if (pid == -1) {
      error = Errno(errno);
    } else if (failed != 0) {
      error = Errno(failed);
      while (waitpid(pid, nullptr, __WALL) == -1 && errno == EINTR) {
      }
    }
    return pid;
  }
};

}  // namespace

void PrepareToLaunch() {
  TracingFilters();
  IgnoredSignals();
}

pid_t LaunchProgram(const LaunchRequest& request) {
  PrepareToLaunch();  // here, not in the child
  const auto open_end = [&](int fd, int wanted) {
    for (int closed : request.closed) {
      if (closed == fd) return -1;
    }
    return wanted;
  };
  const Stdio stdio{
      {open_end(0, request.input), open_end(1, request.output), open_end(2, request.error)}};

  const bool has_socket = std::any_of(stdio.from, stdio.from + 3, IsSocket);

  const std::vector<std::string> arguments(request.argv.begin() + 1, request.argv.end());
  boost::system::error_code error;
  process::process_environment environment(request.environment);
  VforkLauncher launcher;
  launcher.first_word = request.argv[0].c_str();
  launcher.first_to_close = request.first_free_descriptor;
  OwnedFd device;
  if (request.first_free_descriptor > 3) {
    device = OwnedFd(CheckCall(open("/dev/null", O_RDWR | O_CLOEXEC), "open(/dev/null)"));
  }
  const pid_t pid = launcher(error, std::filesystem::path(request.program), arguments, environment,
                             process::process_start_dir(request.directory), stdio,
                             Occupied{request.first_free_descriptor, device.get()},
                             Confined{request, IgnoredSignals()}, Traced{request, has_socket});
  if (error) {
    const std::string command = ShellQuote(request.argv);
    if (error.value() == ENOEXEC) {
      throw ProgramNotExecutable(command +
                                 ": not a program; a script needs a first line such as "
                                 "#!/usr/bin/env python3");
    }
    if (error.value() == ENOENT || error.value() == EACCES) {
      throw ProgramNotExecutable(fmt::format(
          "{}: {} in the sandbox; if it lies in a hidden folder add that to `read` in [sandbox]",
          command, error.message()));
    }
    ThrowSystemError(error.value(), "launch " + command);
  }
  if (request.trace) {
    int status = 0;
    while (waitpid(pid, &status, __WALL) == -1) {
      if (errno != EINTR) CheckCall(-1, "waitpid({})", pid);
    }
    if (!WIFSTOPPED(status)) {
      ThrowSystemError(ECHILD, "launch " + ShellQuote(request.argv) + ": ended before its exec");
    }
  }
  return pid;
}

}  // namespace sockspec
