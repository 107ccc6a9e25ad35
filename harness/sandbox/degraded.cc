// What stands in for init's death where there is no pid namespace.
#include "harness/sandbox/degraded.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/owned_directory.h"
#include "harness/sandbox/proc_settings.h"

namespace sockspec {
namespace {

// Reaps one child or lets a traced one, which has stopped on its way to death, go on. False where
// no child is left.
bool ReapOne() {
  int status = 0;
  const pid_t pid = waitpid(-1, &status, __WALL);
  if (pid < 0) return errno == EINTR;
  if (WIFSTOPPED(status)) {
    kill(pid, SIGKILL);
    ptrace(PTRACE_CONT, pid, nullptr, nullptr);
  }
  return true;
}

// The parent, from "PID (any name) STATE PPID ..."; 0 where the process has gone.
pid_t ParentOf(int proc, const std::string& pid) {
  const std::string stat = ReadProcFile(proc, pid + "/stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos || name_end + 4 >= stat.size()) return 0;
  pid_t parent = 0;
  std::from_chars(stat.data() + name_end + 4, stat.data() + stat.size(), parent);
  return parent;
}

std::multimap<pid_t, pid_t> ChildrenByParent(int proc) {
  OwnedDirectory directory(
      OwnedFd(CheckCall(openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open(/proc)")));
  if (directory.empty()) ThrowSystemError(errno, "fdopendir(/proc)");
  std::multimap<pid_t, pid_t> children;
  while (const dirent* entry = directory.Next()) {
    pid_t pid = 0;
    const char* end = entry->d_name + std::strlen(entry->d_name);
    if (std::from_chars(entry->d_name, end, pid).ptr != end) continue;
    children.emplace(ParentOf(proc, entry->d_name), pid);
  }
  return children;
}

void KillDescendants(int proc) {
  const std::multimap<pid_t, pid_t> children = ChildrenByParent(proc);
  std::vector<pid_t> parents = {getpid()};
  while (!parents.empty()) {
    const auto [first, last] = children.equal_range(parents.back());
    parents.pop_back();
    for (auto child = first; child != last; ++child) {
      kill(child->second, SIGKILL);
      parents.push_back(child->second);
    }
  }
}

}  // namespace

void ReapChildren() {
  while (ReapOne()) continue;
}

void EndDescendants(int proc) {
  // A process that forked while it was being killed leaves a child, which comes to us when its
  // parent dies: so each death is followed by another look.
  do {
    KillDescendants(proc);
  } while (ReapOne());
}

}  // namespace sockspec
