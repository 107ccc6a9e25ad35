// The manifest's [build] commands: run once, in its folder, before the first scenario.
#pragma once

#include <stdexcept>

#include "harness/manifest/manifest.h"

namespace sockspec {

// A build command failed or cannot be executed; says what it printed last. Exit status 4.
class BuildFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

void BuildPrograms(const Manifest& manifest);

}  // namespace sockspec
