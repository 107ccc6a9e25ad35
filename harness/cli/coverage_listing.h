// What stands behind each requirement on each transport: scenarios that judge it, wrong programs
// that it catches, conforming programs that it lets pass; and where something is missing, why.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/campaign/suite.h"
#include "harness/testbed/catalogue.h"

namespace sockspec {

// A fixture that the tests judge: one that breaks a requirement, or one that breaks none.
struct Proof {
  Role role = Role::kServer;
  std::string name;
  std::string requirement;  // "-": it conforms
  std::string service;
  std::vector<Transport> transports;  // where it is judged; empty: where its requirement is
};

// All of them, from suites/requirements/proofs.txt, which a test compares with the programs' own
// lists.
const std::vector<Proof>& EmbeddedProofs();
// From a text of such lines. Throws std::runtime_error that names the line.
std::vector<Proof> ParseProofs(std::string_view text);

// The wrong programs for a requirement.
std::vector<std::string> MutantsOf(const Requirement& requirement);

// A table for people with a line for each requirement and transport, then the gaps.
std::string CoverageLines(const Catalogue& catalogue, const std::set<std::string>& selected,
                          const Suite& suite);

}  // namespace sockspec
