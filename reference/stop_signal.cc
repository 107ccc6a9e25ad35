// The request to end, by signalfd.
#include "reference/stop_signal.h"

#include <sys/signalfd.h>

#include <cerrno>
#include <csignal>

#include "reference/failure.h"

namespace sockspec::reference {

StopSignal::StopSignal() : descriptor_(-1) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  descriptor_ = Descriptor(signalfd(-1, &signals, SFD_CLOEXEC));
  if (descriptor_.get() < 0) throw Failure("signalfd", "SIGTERM, SIGINT", errno);
}

}  // namespace sockspec::reference
