// The engine behind Scenario: what is done to the program besides its peers' acts.
#include <fmt/format.h>
#include <sys/resource.h>

#include "harness/base/error.h"
#include "harness/kernel/remote_socket.h"
#include "harness/testbed/testbed.h"

namespace sockspec {

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

bool Testbed::DestroyConnection(int number) {
  const std::optional<InetSocket> held = ProgramEnd(number);
  if (!held.has_value() || held->row.inode == 0) return false;
  const int fd = peers_.at(number).peer.fd();
  // What is the peer's end to us is the program's own.
  const auto program_end = PeerEnd(fd);
  if (!program_end.has_value() || !sockets_.DestroyTcp(*program_end, LocalEnd(fd))) {
    Step(kCannotDestroy);
    return false;
  }
  Record({.kind = EventKind::kFault,
          .connection = number,
          .text = fmt::format("the kernel destroys the program's end of connection {}", number)});
  return true;
}

}  // namespace sockspec
