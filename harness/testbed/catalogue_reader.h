// Reads one file of the catalogue.
#pragma once

#include <string>
#include <vector>

#include "harness/testbed/catalogue.h"

namespace sockspec {

// Appends the requirements of one file; throws std::runtime_error with file, line and key.
void ReadRequirements(const std::string& file, const std::string& text,
                      std::vector<Requirement>& requirements);

}  // namespace sockspec
