// Which requirements were asked for: the patterns of --select.
#pragma once

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/testbed/catalogue.h"

namespace sockspec {

// What was asked for leaves nothing to judge. Exit status 5.
class NothingSelected : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Replaces each "@file" by the lines of that file, without blank ones and comments from '#' on.
// Throws std::system_error where a file cannot be read.
std::vector<std::string> ReadPatterns(const std::vector<std::string>& patterns);

// Ids that match one of the globs; all where there are none. Throws NothingSelected for the first
// pattern that matches no requirement.
std::set<std::string> SelectRequirements(const Catalogue& catalogue,
                                         const std::vector<std::string>& patterns);

}  // namespace sockspec
