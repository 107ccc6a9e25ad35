// The suite of this program, from the testbed's list of scenarios and GoogleTest's of checks.
#include <algorithm>
#include <iterator>

#include "harness/campaign/suite.h"
#include "harness/testbed/check.h"
#include "harness/testbed/judging.h"
#include "harness/testbed/scenario.h"

namespace sockspec {
namespace {

std::vector<std::string> OwnRequirements(const ScenarioInfo& info) {
  const std::vector<std::string> all = RequirementsOf(info.name);
  const std::vector<std::string> everywhere =
      RequirementsOf(info.role == Role::kServer ? kEveryServerScenario : kEveryClientScenario);
  std::vector<std::string> own;
  std::set_difference(all.begin(), all.end(), everywhere.begin(), everywhere.end(),
                      std::back_inserter(own));
  return own;
}

}  // namespace

Suite EmbeddedSuite() {
  Suite suite;
  for (const ScenarioInfo& info : Scenarios()) {
    suite.scenarios.push_back({.name = info.name,
                               .role = info.role,
                               .transports = info.transports,
                               .description = info.description,
                               .requirements = RequirementsOf(info.name),
                               .own = OwnRequirements(info),
                               .services = info.needs.services,
                               .long_run = info.needs.long_run,
                               .needs_namespaces = NeedsNamespaces(info),
                               .sweep = info.needs.sweep,
                               .file = info.file,
                               .line = info.line});
  }
  std::sort(suite.scenarios.begin(), suite.scenarios.end(),
            [](const SuiteScenario& a, const SuiteScenario& b) { return a.name < b.name; });
  return suite;
}

}  // namespace sockspec
