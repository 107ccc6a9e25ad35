// Reads the catalogue's TOML.
#pragma once

#include <map>
#include <string>

#include "harness/testbed/catalogue.h"

namespace sockspec {

// From texts, file name -> content. Throws std::runtime_error naming file, line and key, with the
// mend, where one is malformed.
Catalogue ReadCatalogue(const std::map<std::string, std::string>& files);

}  // namespace sockspec
