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
    for (const auto& [fd, events] : descriptor.epoll->interest) {
      const auto member = descriptor.epoll->sockets.find(fd);
      if ((events & EPOLLET) != 0 && member != descriptor.epoll->sockets.end() &&
          member->second.lock().get() == &socket) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace sockspec
