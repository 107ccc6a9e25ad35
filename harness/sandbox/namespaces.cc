// The worker's own namespaces.
#include "harness/sandbox/namespaces.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include "harness/base/error.h"
#include "harness/sandbox/proc_settings.h"

namespace sockspec {

void UnshareNamespaces(int proc) {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  CheckCall(unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC |
                    CLONE_NEWUTS),
            "unshare(USER|NET|PID|NS|IPC|UTS)");
  // The kernel lets an unprivileged process write gid_map only after setgroups is denied. The
  // identity map, also for root: a program that compares getuid() with a file's owner sees what it
  // would see outside.
  WriteProcFile(proc, "self/setgroups", "deny");
  WriteProcFile(proc, "self/uid_map", fmt::format("{0} {0} 1", user));
  WriteProcFile(proc, "self/gid_map", fmt::format("{0} {0} 1", group));
}

}  // namespace sockspec
