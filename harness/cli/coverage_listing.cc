// Puts catalogue, suite and proofs side by side.
#include "harness/cli/coverage_listing.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>

#include "harness/base/text.h"
#include "harness/cli/embedded_proofs.h"

namespace sockspec {
namespace {

template <typename T>
bool Contains(const std::vector<T>& all, const T& wanted) {
  return std::find(all.begin(), all.end(), wanted) != all.end();
}

// Where a requirement applies in one role; raw sockets are for clients that name them.
std::vector<Transport> TransportsOf(const Requirement& requirement) {
  if (!requirement.scope.transports.empty()) return requirement.scope.transports;
  std::vector<Transport> all;
  for (Transport transport : AllTransports()) {
    if (SocketType(transport) != SOCK_RAW) all.push_back(transport);
  }
  return all;
}

const std::vector<std::string>& ServicesOf(const Requirement& requirement, Role role) {
  const Scope& scope = requirement.scope;
  return role == Role::kClient && !scope.client_services.empty() ? scope.client_services
                                                                 : scope.services;
}

bool IsJudgedOn(const Proof& proof, Transport transport) {
  return proof.transports.empty() || Contains(proof.transports, transport);
}

struct Row {
  std::vector<std::string> scenarios, mutants, conforming;
};

Row RowOf(const Requirement& requirement, Role role, Transport transport, const Suite& suite) {
  Row row;
  for (const SuiteScenario& scenario : suite.scenarios) {
    if (scenario.role == role && scenario.RunsOn(transport) && scenario.Judges(requirement.id)) {
      row.scenarios.push_back(scenario.name);
    }
  }
  if (row.scenarios.empty()) return row;  // no program is judged by it here
  const std::vector<std::string>& services = ServicesOf(requirement, role);
  for (const Proof& proof : EmbeddedProofs()) {
    if (proof.role != role || !IsJudgedOn(proof, transport)) continue;
    if (proof.requirement == requirement.id) row.mutants.push_back(proof.name);
    const bool covered = services.empty() || Contains(services, proof.service);
    if (proof.requirement == "-" && covered) row.conforming.push_back(proof.name);
  }
  return row;
}

std::string FirstOrDash(const std::vector<std::string>& words, std::size_t most) {
  if (words.empty()) return "-";
  if (words.size() <= most) return Join(words, ",");
  return fmt::format("{} and {} more", words.front(), words.size() - 1);
}

std::string GapOf(const Requirement& requirement, const Row& row) {
  if (!requirement.unjudged.empty() && row.scenarios.empty()) return requirement.unjudged;
  if (row.scenarios.empty()) return "no scenario in this version";
  if (row.mutants.empty()) return "no wrong program proves it in this version";
  if (row.conforming.empty()) return "no conforming program is judged by it";
  return "";
}

}  // namespace

std::vector<Proof> ParseProofs(std::string_view text) {
  std::vector<Proof> proofs;
  for (const std::string_view line : Split(text, '\n')) {
    if (line.empty()) continue;
    const std::vector<std::string_view> words = Split(line, ' ');
    const auto wrong = [&] { return std::runtime_error(fmt::format("no proof: {}", Quote(line))); };
    if (words.size() != 6) throw wrong();
    const std::optional<Role> role = ParseRole(words[0]);
    if (!role) throw wrong();
    Proof proof{.role = *role,
                .name = std::string(words[1]),
                .requirement = std::string(words[2]),
                .service = std::string(words[4])};
    if (words[5] != "-") {
      for (const std::string_view name : Split(words[5], ',')) {
        const std::optional<Transport> transport = ParseTransport(name);
        if (!transport) throw wrong();
        proof.transports.push_back(*transport);
      }
    }
    proofs.push_back(std::move(proof));
  }
  return proofs;
}

const std::vector<Proof>& EmbeddedProofs() {
  static const std::vector<Proof> proofs = ParseProofs(ProofsText());
  return proofs;
}

std::vector<std::string> MutantsOf(const Requirement& requirement) {
  std::vector<std::string> names;
  for (const Proof& proof : EmbeddedProofs()) {
    if (proof.requirement == requirement.id) {
      names.push_back(fmt::format("{} {}", Name(proof.role), proof.name));
    }
  }
  return names;
}

std::string CoverageLines(const Catalogue& catalogue, const std::set<std::string>& selected,
                          const Suite& suite) {
  constexpr const char* kLine = "{:<8} {:<7} {:<15} {:<42} {:<42} {}\n";
  std::string text =
      fmt::format(kLine, "ID", "ROLE", "TRANSPORT", "SCENARIOS", "WRONG PROGRAMS", "CONFORMING");
  std::string gaps;
  int missing = 0;
  for (const Requirement& requirement : catalogue.requirements()) {
    if (!selected.contains(requirement.id)) continue;
    for (const Role role : requirement.roles) {
      int everywhere = 0;  // what keeps it from being judged on any transport is one gap
      for (const Transport transport : TransportsOf(requirement)) {
        const Row row = RowOf(requirement, role, transport, suite);
        text += fmt::format(kLine, requirement.id, Name(role), Name(transport),
                            FirstOrDash(row.scenarios, 2), FirstOrDash(row.mutants, 1),
                            FirstOrDash(row.conforming, 1));
        const std::string gap = GapOf(requirement, row);
        if (gap.empty()) continue;
        const bool known = gap == requirement.unjudged;
        if (known && ++everywhere > 1) continue;
        ++missing;
        gaps += fmt::format("  {} {} {}: {}\n", requirement.id, Name(role),
                            known ? "" : Name(transport), gap);
      }
    }
  }
  return text + (missing == 0 ? "\nno gaps\n" : fmt::format("\n{} gaps\n{}", missing, gaps));
}

}  // namespace sockspec
