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

bool SuiteScenario::IsAbout(std::string_view service) const {
  return services.empty() || std::find(services.begin(), services.end(), service) != services.end();
}

const SuiteScenario* Suite::Find(std::string_view name) const {
  const auto found = std::find_if(scenarios.begin(), scenarios.end(),
                                  [&](const SuiteScenario& s) { return s.name == name; });
  return found == scenarios.end() ? nullptr : &*found;
}

const SuiteScenario* Suite::Gate(Role role, Transport transport, std::string_view service) const {
  const std::vector<std::string> wanted = GateRequirements(role, transport, service);
  const auto found =
      std::find_if(scenarios.begin(), scenarios.end(), [&](const SuiteScenario& scenario) {
        return scenario.role == role && scenario.RunsOn(transport) &&
               std::all_of(wanted.begin(), wanted.end(),
                           [&](const std::string& id) { return scenario.Judges(id); });
      });
  return found == scenarios.end() ? nullptr : &*found;
}

std::vector<std::string> LostWithout(std::string_view means, const Suite& suite,
                                     const Catalogue& catalogue) {
  std::vector<std::string> lost;
  for (const Requirement& requirement : catalogue.requirements()) {
    bool judged = false, without_namespaces = false;
    for (const SuiteScenario& scenario : suite.scenarios) {
      if (!scenario.Judges(requirement.id)) continue;
      judged = true;
      without_namespaces = without_namespaces || !scenario.needs_namespaces;
    }
    if (!judged) continue;
    const auto needs = [&](std::string_view plane) {
      return std::ranges::find(requirement.planes, plane) != requirement.planes.end();
    };
    const bool is_lost = means == "namespaces" ? !without_namespaces
                         : means == "trace"    ? needs("trace") || needs("fault")
                                               : needs(means);
    if (is_lost) lost.push_back(requirement.id);
  }
  std::sort(lost.begin(), lost.end());
  return lost;
}

std::vector<std::string> GateRequirements(Role role, Transport transport,
                                          std::string_view service) {
  if (IsRaw(transport) && service == "igmp") return {"RAW-10"};
  // Of the first two each service has one.
  if (IsRaw(transport)) return {"RAW-02", "RAW-03", "RAW-04"};
  if (role == Role::kClient) return {"CLI-01", "CLI-02"};
  switch (transport) {
    case Transport::kTcp4:
    case Transport::kUdp4:
      return {"FAM-01"};
    case Transport::kTcp6:
    case Transport::kUdp6:
      return {"FAM-02"};
    case Transport::kUnixStream:
    case Transport::kUnixSeqpacket:
    case Transport::kUnixDgram:
    case Transport::kIcmp4:
    case Transport::kIcmp6:
      break;
  }
  return {"UNX-01"};
}

}  // namespace sockspec
