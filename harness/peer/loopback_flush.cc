// A datagram to ourselves from each processor.
#include "harness/peer/loopback_flush.h"

#include <sched.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <vector>

#include "harness/base/error.h"

namespace sockspec {
namespace {

// A mask for so many processors; the kernel refuses one that is too short for the host.
constexpr int kMostProcessors = 4096;
using ProcessorMask = std::vector<cpu_set_t>;

ProcessorMask AllowedProcessors() {
  ProcessorMask mask(kMostProcessors / CPU_SETSIZE);
  CheckCall(sched_getaffinity(0, mask.size() * sizeof(cpu_set_t), mask.data()),
            "sched_getaffinity()");
  return mask;
}

// Hot-unplugged or taken away meanwhile: then nobody of ours can have sent from there.
bool MoveTo(const ProcessorMask& mask) {
  return sched_setaffinity(0, mask.size() * sizeof(cpu_set_t), mask.data()) == 0;
}

}  // namespace

LoopbackFlush::LoopbackFlush() {
  fd_ = OwnedFd(CheckCall(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket(SOCK_DGRAM)"));
  address_ = MakeAddress(Transport::kUdp4, "127.0.0.1");
  CheckCall(bind(fd_.get(), address_.get(), address_.length), "bind(127.0.0.1)");
  CheckCall(getsockname(fd_.get(), address_.get(), &address_.length), "getsockname()");
  CheckCall(connect(fd_.get(), address_.get(), address_.length), "connect(127.0.0.1)");
  // The processor's queue may be so full that ours is thrown away: then another is sent.
  const timeval again{.tv_sec = 0, .tv_usec = 100'000};
  CheckCall(setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &again, sizeof again),
            "setsockopt(SO_RCVTIMEO)");
}

void LoopbackFlush::Wait() {
  const ProcessorMask allowed = AllowedProcessors();
  const std::size_t bytes = allowed.size() * sizeof(cpu_set_t);
  for (int processor = 0; processor < kMostProcessors; ++processor) {
    if (!CPU_ISSET_S(processor, bytes, allowed.data())) continue;
    ProcessorMask one(allowed.size());
    CPU_SET_S(processor, bytes, one.data());
    if (!MoveTo(one)) continue;
    WaitHere();
  }
  MoveTo(allowed);
}

void LoopbackFlush::WaitHere() {
  ++number_;
  std::uint64_t received = 0;
  bool lost = true;
  while (received != number_) {
    if (lost) CheckCall(send(fd_.get(), &number_, sizeof number_, 0), "send(loopback)");
    lost = recv(fd_.get(), &received, sizeof received, 0) == -1;
    if (lost && errno != EAGAIN && errno != EINTR) CheckCall(-1, "recv(loopback)");
  }
}

}  // namespace sockspec
