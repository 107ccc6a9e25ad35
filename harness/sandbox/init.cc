// The tiny pid 1 of the sandbox.
#include "harness/sandbox/init.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iterator>
#include <utility>

#include "harness/base/error.h"
#include "harness/base/owned_fd.h"

namespace sockspec {
namespace {

// The least that leaves room for 256 processes after numbers have wrapped to 300 (the kernel keeps
// those below for boot), and some more.
constexpr char kPidMax[] = "1024";

// What init reports on its pipe: which call failed, and why.
struct Report {
  char call[40];
  int error;
};

struct Start {
  InitOptions options;
  int pipe;
};

// Mounts the /proc of this pid namespace; on failure names the call.
const char* MountProc(bool limit_processes) {
  const int context = fsopen("proc", FSOPEN_CLOEXEC);
  if (context < 0) return "fsopen(proc)";
  if (fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return "fsconfig(proc)";
  const unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  // Read-only: files such as /proc/sysrq-trigger and most of /proc/sys ask for the user id alone,
  // so that root without any capability may write them.
  const int mount = fsmount(context, FSMOUNT_CLOEXEC,
                            limit_processes ? attributes : attributes | MOUNT_ATTR_RDONLY);
  if (mount < 0) return "fsmount(proc)";
  if (limit_processes) {
    const int file = openat(mount, "sys/kernel/pid_max", O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, kPidMax, sizeof kPidMax - 1) < 0) return "write(pid_max)";
    close(file);  // a mount with a file open for writing cannot become read-only
    mount_attr read_only = {};
    read_only.attr_set = MOUNT_ATTR_RDONLY;
    if (mount_setattr(mount, "", AT_EMPTY_PATH, &read_only, sizeof read_only) != 0) {
      return "mount_setattr(proc, RDONLY)";
    }
  }
  if (move_mount(mount, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH) != 0) {
    return "move_mount(/proc)";
  }
  return nullptr;
}

// Runs in memory shared with the worker, thread-local errno included. Until the report the worker
// waits; after it nothing here can fail, so that nothing writes there.
int InitMain(void* argument) {
  const Start start = *static_cast<const Start*>(argument);
  Report report = {};
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  const char* failed = nullptr;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
    failed = "prctl(PR_SET_PDEATHSIG)";
  } else if (sigaction(SIGCHLD, &ignore, nullptr) != 0) {
    failed = "sigaction(SIGCHLD, SIG_IGN)";
  } else if (start.options.fresh_proc) {
    failed = MountProc(start.options.limit_processes);
  }
  if (failed != nullptr) {
    report.error = errno;
    strncpy(report.call, failed, sizeof report.call - 1);
  }
  prctl(PR_SET_NAME, "sockspec-init");
  // The worker's end of the pipe goes first: should the worker be dead already, then the report has
  // no reader, and init ends as it would have by PR_SET_PDEATHSIG.
  const auto pipe = static_cast<unsigned>(start.pipe);
  if (pipe > 0) syscall(SYS_close_range, 0, pipe - 1, 0);
  syscall(SYS_close_range, pipe + 1, ~0U, 0);
  if (write(start.pipe, &report, sizeof report) != sizeof report || failed != nullptr) {
    syscall(SYS_exit_group, 1);
  }
  syscall(SYS_close, start.pipe);
  for (;;) syscall(SYS_ppoll, nullptr, 0, nullptr, nullptr, 0);
}

}  // namespace

InitOptions InitOptionsFor(bool fresh_proc) {
  utsname name = {};
  int major = 0, minor = 0;
  const bool own_pid_max = uname(&name) == 0 &&
                           std::sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
                           std::pair(major, minor) >= std::pair(6, 14);
  return {.fresh_proc = fresh_proc, .limit_processes = own_pid_max && geteuid() == 0};
}

pid_t StartInit(const InitOptions& options) {
  int ends[2];
  CheckCall(pipe2(ends, O_CLOEXEC), "pipe2()");
  OwnedFd reader(ends[0]), writer(ends[1]);
  alignas(16) static char stack[16384];
  Start start = {options, writer.get()};

  // Every signal blocked, for good: a handler of the worker's would run in shared memory. SIGKILL
  // from outside is all that init obeys.
  sigset_t all, before;
  sigfillset(&all);
  CheckCall(sigprocmask(SIG_SETMASK, &all, &before), "sigprocmask()");
  const pid_t init = clone(InitMain, std::end(stack), CLONE_VM | SIGCHLD, &start);
  const int clone_error = errno;
  Report report = {};
  ssize_t size = -1;
  if (init > 0) {
    writer.Reset();
    size = read(reader.get(), &report, sizeof report);  // all signals are blocked: no EINTR
  }
  CheckCall(sigprocmask(SIG_SETMASK, &before, nullptr), "sigprocmask()");
  if (init < 0) ThrowSystemError(clone_error, "clone(CLONE_VM) of init");
  if (size == static_cast<ssize_t>(sizeof report) && report.error == 0) return init;
  waitpid(init, nullptr, __WALL);
  if (size == static_cast<ssize_t>(sizeof report)) ThrowSystemError(report.error, report.call);
  ThrowSystemError(ECHILD, "init ended before it was ready");
}

}  // namespace sockspec
