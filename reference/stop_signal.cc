// signalfd.
#include "reference/stop_signal.h"

#include <sys/signalfd.h>

#include <cerrno>
#include <csignal>

#include "reference/failure.h"

namespace sockspec::reference {

Descriptor SignalDescriptor(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  Descriptor descriptor(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (descriptor.get() < 0) throw Failure("signalfd", "signals", errno);
  return descriptor;
}

StopSignal::StopSignal() : descriptor_(SignalDescriptor({SIGTERM, SIGINT})) {}

}  // namespace sockspec::reference
