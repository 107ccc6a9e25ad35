// SIGTERM and SIGINT as a readable descriptor, so that a server waits for "a client or the end".
#pragma once

#include "reference/descriptor.h"

namespace sockspec::reference {

// Blocks the two signals for good: a reply under way is never cut, and no signal is lost between
// a test and a wait. Threads and children started later inherit that.
class StopSignal {
 public:
  StopSignal();

  // Readable once the program has been asked to end; never read, so it stays readable.
  int descriptor() const { return descriptor_.get(); }

 private:
  Descriptor descriptor_;
};

}  // namespace sockspec::reference
