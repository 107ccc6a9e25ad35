// Placeholders in commands and file contents: {port}, {{ and }}.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/manifest/manifest.h"

namespace sockspec {

// All that a command may hold, without braces.
const std::vector<std::string>& KnownPlaceholders();

// The names in `text`, in order, known or not. Throws ManifestError ("what is wrong; the mend",
// without a place) for a brace that is neither doubled nor part of a name.
std::vector<std::string> PlaceholdersIn(std::string_view text);

// Checks all placeholders of a program of `role` that runs on `transports`; `fail` gets what is
// wrong with the mend, and throws.
void CheckPlaceholders(std::string_view text, Role role, const std::vector<Transport>& transports,
                       const std::function<void(const std::string&)>& fail);

}  // namespace sockspec
