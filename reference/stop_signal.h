// Signals as readable descriptors, so that a server waits for "a client or the end".
#pragma once

#include <initializer_list>

#include "reference/descriptor.h"

namespace sockspec::reference {

// Blocks the signals for good and makes them readable; reading does not block. Threads and children
// started later inherit that. Throws Failure.
Descriptor SignalDescriptor(std::initializer_list<int> signals);

// The request to end: SIGTERM or SIGINT. As both are blocked, a reply under way is never cut, and
// no signal is lost between a test and a wait.
class StopSignal {
 public:
  StopSignal();

  // Readable once the program has been asked to end; never read, so it stays readable.
  int descriptor() const { return descriptor_.get(); }

 private:
  Descriptor descriptor_;
};

}  // namespace sockspec::reference
