// The file system as the program under test sees it.
#pragma once

#include <string>

#include "harness/sandbox/directory_copy.h"
#include "harness/sandbox/sandbox.h"

namespace sockspec {

struct Arrangement {
  std::string home;
  std::string tmp;
  bool directory_writable = false;
};

// Arranges the mounts of the worker's own mount namespace (see SandboxOptions): everything
// read-only; private /tmp, /run, /var/tmp and /dev, the home hidden, what is to stay visible put
// back, the working directory under an overlay or as a copy. `survey` tells of that directory.
// Throws std::system_error.
Arrangement ArrangeMounts(const SandboxOptions& options, bool overlay,
                          const DirectorySurvey& survey);

}  // namespace sockspec
