// The suite of this program, from the testbed's list of scenarios and GoogleTest's of checks.
#include <algorithm>

#include "harness/campaign/suite.h"
#include "harness/testbed/judging.h"
#include "harness/testbed/scenario.h"

namespace sockspec {

Suite EmbeddedSuite() {
  Suite suite;
  for (const ScenarioInfo& info : Scenarios()) {
    suite.scenarios.push_back({.name = info.name,
                               .role = info.role,
                               .transports = info.transports,
                               .description = info.description,
                               .requirements = RequirementsOf(info.name),
                               .long_run = info.needs.long_run,
                               .needs_namespaces = NeedsNamespaces(info),
                               .file = info.file,
                               .line = info.line});
  }
  std::sort(suite.scenarios.begin(), suite.scenarios.end(),
            [](const SuiteScenario& a, const SuiteScenario& b) { return a.name < b.name; });
  return suite;
}

}  // namespace sockspec
