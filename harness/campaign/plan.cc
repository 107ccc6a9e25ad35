// Makes the plan of a campaign.
#include "harness/campaign/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/base/text.h"
#include "harness/campaign/selection.h"

namespace sockspec {
namespace {

bool Wanted(const std::vector<Transport>& transports, Transport transport) {
  return transports.empty() ||
         std::find(transports.begin(), transports.end(), transport) != transports.end();
}

// Plans one program on one transport.
class Planner {
 public:
  Planner(int number, const Program& program, Transport transport,
          const std::set<std::string>& selected, const Catalogue& catalogue, const Suite& suite,
          Plan* plan)
      : number_(number),
        program_(program),
        transport_(transport),
        selected_(selected),
        catalogue_(catalogue),
        suite_(suite),
        plan_(plan) {}

  void Add() {
    const SuiteScenario* gate = suite_.Gate(program_.role, transport_, program_.service);
    std::vector<PlannedCase> cases;
    bool covered = false;
    for (const SuiteScenario& scenario : suite_.scenarios) {
      if (scenario.role != program_.role || !scenario.RunsOn(transport_)) continue;
      if (!scenario.IsAbout(program_.service)) continue;
      covered = true;
      PlannedCase planned{.program = number_,
                          .transport = transport_,
                          .scenario = scenario.name,
                          .gate = &scenario == gate,
                          .sweep = scenario.sweep};
      for (const std::string& id : scenario.requirements) {
        if (Judged(id, planned.gate)) planned.requirements.push_back(id);
      }
      if (planned.gate || HasPurpose(scenario)) cases.push_back(std::move(planned));
    }
    if (!covered) plan_->uncovered.push_back({.program = number_, .transport = transport_});
    AddClaimedAway();
    if (std::none_of(cases.begin(), cases.end(),
                     [&](const PlannedCase& planned) { return HasSelected(planned); })) {
      return;
    }
    std::erase_if(cases, [&](const PlannedCase& planned) {
      return !planned.gate && planned.requirements.empty();
    });
    // The gate, since all wait for it; then the long ones, so that none is left over at the end.
    std::stable_sort(cases.begin(), cases.end(),
                     [&](const auto& one, const auto& other) { return Turn(one) < Turn(other); });
    plan_->cases.insert(plan_->cases.end(), cases.begin(), cases.end());
  }

 private:
  // Where a requirement belongs that some scenario here judges.
  Applies Place(const std::string& id, std::string* reason) {
    const Requirement* requirement = catalogue_.Find(id);
    if (requirement == nullptr) {
      throw std::logic_error(fmt::format("a check judges {}, which the catalogue lacks", id));
    }
    Applicability found = AppliesTo(*requirement, program_, transport_);
    *reason = std::move(found.reason);
    return found.applies;
  }

  bool Judged(const std::string& id, bool in_gate) {
    const bool opens_gate = in_gate && IsGateRequirement(id);
    if (!selected_.contains(id) && !opens_gate) return false;
    std::string reason;
    const Applies applies = Place(id, &reason);
    if (applies == Applies::kClaimedAway && selected_.contains(id)) claimed_away_[id] = reason;
    return applies == Applies::kYes;
  }

  // What every scenario judges is no reason to run one whose own requirements do not apply.
  bool HasPurpose(const SuiteScenario& scenario) {
    std::string reason;
    return scenario.own.empty() ||
           std::any_of(scenario.own.begin(), scenario.own.end(),
                       [&](const std::string& id) { return Place(id, &reason) == Applies::kYes; });
  }

  bool IsGateRequirement(const std::string& id) const {
    const std::vector<std::string> wanted =
        GateRequirements(program_.role, transport_, program_.service);
    return std::find(wanted.begin(), wanted.end(), id) != wanted.end();
  }

  int Turn(const PlannedCase& planned) const {
    if (planned.gate) return 0;
    return suite_.Find(planned.scenario)->long_run ? 1 : 2;
  }

  bool HasSelected(const PlannedCase& planned) const {
    return std::any_of(planned.requirements.begin(), planned.requirements.end(),
                       [&](const std::string& id) { return selected_.contains(id); });
  }

  void AddClaimedAway() {
    for (const auto& [id, reason] : claimed_away_) {
      plan_->claimed_away.push_back(
          {.program = number_, .transport = transport_, .requirement = id, .reason = reason});
    }
  }

  const int number_;
  const Program& program_;
  const Transport transport_;
  const std::set<std::string>& selected_;
  const Catalogue& catalogue_;
  const Suite& suite_;
  Plan* const plan_;
  std::map<std::string, std::string> claimed_away_;
};

std::string TransportNames(const std::vector<Transport>& transports) {
  std::vector<std::string> names;
  for (Transport transport : transports) names.emplace_back(Name(transport));
  return Join(names, ", ");
}

}  // namespace

Plan MakePlan(const std::vector<const Program*>& programs, const std::set<std::string>& selected,
              const std::vector<Transport>& transports, const Catalogue& catalogue,
              const Suite& suite) {
  Plan plan;
  plan.selected.assign(selected.begin(), selected.end());
  bool declared = false;
  for (std::size_t i = 0; i < programs.size(); ++i) {
    for (Transport transport : programs[i]->transports) {
      if (!Wanted(transports, transport)) continue;
      declared = true;
      Planner(static_cast<int>(i), *programs[i], transport, selected, catalogue, suite, &plan)
          .Add();
    }
  }
  if (!declared) {
    throw NothingSelected(
        fmt::format("nothing selected: no program is declared for {}", TransportNames(transports)));
  }
  if (plan.cases.empty()) {
    throw NothingSelected(
        plan.claimed_away.empty()
            ? "nothing selected: no scenario judges what was asked for on these transports"
            : fmt::format("nothing selected: {} does not apply: {}",
                          plan.claimed_away.front().requirement, plan.claimed_away.front().reason));
  }
  return plan;
}

}  // namespace sockspec
