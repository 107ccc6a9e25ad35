// Words of options that CLI11 does not know how to check.
#pragma once

#include <string>
#include <vector>

#include "harness/base/transport.h"

namespace sockspec {

// Throws UsageError with a suggestion.
std::vector<Transport> ParseTransports(const std::vector<std::string>& names);

}  // namespace sockspec
