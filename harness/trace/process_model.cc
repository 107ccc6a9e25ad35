// The tracer's picture of the program.
#include "harness/trace/process_model.h"

#include <sys/epoll.h>

namespace sockspec {

std::shared_ptr<OpenSocket> TracedProcess::Socket(int fd) const {
  const auto found = descriptors.find(fd);
  return found == descriptors.end() ? nullptr : found->second.socket;
}

bool TracedProcess::IsEdgeTriggered(const OpenSocket& socket) const {
  for (const auto& [epoll_fd, descriptor] : descriptors) {
    if (descriptor.epoll == nullptr) continue;
    for (const EpollSet::Member& member : descriptor.epoll->members) {
      if ((member.events & EPOLLET) != 0 && member.socket.lock().get() == &socket) return true;
    }
  }
  return false;
}

}  // namespace sockspec
