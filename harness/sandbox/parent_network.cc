// A network namespace for the namespaces of sandboxes to be made in.
#include "harness/sandbox/parent_network.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>

#include "harness/base/error.h"
#include "harness/sandbox/proc_settings.h"

namespace sockspec {
namespace {

constexpr const char* kSetting = "sys/net/ipv4/tcp_child_ehash_entries";
constexpr const char* kPlaces = "1024";  // a scenario has some hundred connections

struct Namespaces {
  OwnedFd user, network;
};
std::optional<Namespaces>& TheParent() {
  static std::optional<Namespaces> parent;
  return parent;
}

// In a process of its own, which holds the namespaces until they have been opened.
[[noreturn]] void HoldNamespaces(int proc, int channel) {
  char byte = 0;
  const uid_t user = geteuid();
  const gid_t group = getegid();
  try {
    CheckCall(unshare(CLONE_NEWUSER | CLONE_NEWNET), "unshare(USER|NET)");
    WriteProcFile(proc, "self/setgroups", "deny");
    WriteProcFile(proc, "self/uid_map", fmt::format("{0} {0} 1", user));
    WriteProcFile(proc, "self/gid_map", fmt::format("{0} {0} 1", group));
    WriteProcFile(proc, kSetting, kPlaces);
    if (write(channel, &byte, 1) == 1) (void)!read(channel, &byte, 1);
  } catch (const std::system_error&) {
    _exit(EXIT_FAILURE);
  }
  _exit(EXIT_SUCCESS);
}

}  // namespace

void MakeParentNetwork() {
  if (TheParent()) return;
  const OwnedFd proc(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  int ends[2];
  if (proc.empty() || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return;
  OwnedFd ours(ends[0]), theirs(ends[1]);
  const pid_t holder = fork();
  if (holder < 0) return;
  if (holder == 0) {
    ours.Reset();
    HoldNamespaces(proc.get(), theirs.get());
  }
  theirs.Reset();
  char byte = 0;
  if (read(ours.get(), &byte, 1) == 1) {
    const auto opened = [&](const char* kind) {
      const std::string path = fmt::format("{}/ns/{}", holder, kind);
      return OwnedFd(openat(proc.get(), path.c_str(), O_RDONLY | O_CLOEXEC));
    };
    Namespaces made{.user = opened("user"), .network = opened("net")};
    if (!made.user.empty() && !made.network.empty()) TheParent() = std::move(made);
  }
  ours.Reset();  // the holder reads its end
  while (waitpid(holder, nullptr, 0) == -1 && errno == EINTR) {
  }
}

void EnterParentNetwork() {
  const std::optional<Namespaces>& parent = TheParent();
  if (!parent) return;
  CheckCall(setns(parent->user.get(), CLONE_NEWUSER), "setns(USER)");
  CheckCall(setns(parent->network.get(), CLONE_NEWNET), "setns(NET)");
}

}  // namespace sockspec
