// Looking scenarios up.
#include "harness/campaign/suite.h"

#include <algorithm>

namespace sockspec {

bool SuiteScenario::Judges(std::string_view requirement) const {
  return std::find(requirements.begin(), requirements.end(), requirement) != requirements.end();
}

bool SuiteScenario::RunsOn(Transport transport) const {
  return std::find(transports.begin(), transports.end(), transport) != transports.end();
}

const SuiteScenario* Suite::Find(std::string_view name) const {
  const auto found = std::find_if(scenarios.begin(), scenarios.end(),
                                  [&](const SuiteScenario& s) { return s.name == name; });
  return found == scenarios.end() ? nullptr : &*found;
}

const SuiteScenario* Suite::Gate(Role role, Transport transport) const {
  const std::vector<std::string> wanted = GateRequirements(role, transport);
  const auto found =
      std::find_if(scenarios.begin(), scenarios.end(), [&](const SuiteScenario& scenario) {
        return scenario.role == role && scenario.RunsOn(transport) &&
               std::all_of(wanted.begin(), wanted.end(),
                           [&](const std::string& id) { return scenario.Judges(id); });
      });
  return found == scenarios.end() ? nullptr : &*found;
}

std::vector<std::string> GateRequirements(Role role, Transport transport) {
  if (role == Role::kClient) return {"CLI-01", "CLI-02"};
  switch (transport) {
    case Transport::kTcp4:
    case Transport::kUdp4:
    case Transport::kIcmp4:
      return {"FAM-01"};
    case Transport::kTcp6:
    case Transport::kUdp6:
    case Transport::kIcmp6:
      return {"FAM-02"};
    case Transport::kUnixStream:
    case Transport::kUnixSeqpacket:
    case Transport::kUnixDgram:
      break;
  }
  return {"UNX-01"};
}

}  // namespace sockspec
