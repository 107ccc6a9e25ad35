// Letting a stopped thread run to its next system-call stop.
#include "harness/trace/syscall_stop.h"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cerrno>

#include "harness/base/error.h"

namespace sockspec {

void RunToSyscallStop(pid_t tid, std::vector<int>* signals) {
  while (true) {
    CheckCall(ptrace(PTRACE_SYSCALL, tid, 0, 0), "ptrace(PTRACE_SYSCALL, {})", tid);
    int status = 0;
    while (waitpid(tid, &status, __WALL) == -1) {
      if (errno != EINTR) CheckCall(-1, "waitpid({})", tid);
    }
    if (!WIFSTOPPED(status)) ThrowSystemError(ESRCH, fmt::format("waitpid({}): it ended", tid));
    if (WSTOPSIG(status) == kSyscallStop) return;
    if (status >> 16 == 0) signals->push_back(WSTOPSIG(status));
  }
}

}  // namespace sockspec
