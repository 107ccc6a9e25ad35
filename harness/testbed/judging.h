// Judging: runs the checks of a scenario over its finished evidence, by GoogleTest.
//
// Live runs and stored records come through here alike, so that they cannot differ. GoogleTest's
// registry, filter and assertion text are used; its printing and its exit status are not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/evidence/timeline.h"
#include "harness/testbed/catalogue.h"
#include "harness/testbed/check.h"

namespace sockspec {

enum class Verdict { kPass, kFail, kInconclusive, kNotApplicable, kError };
std::string_view Name(Verdict verdict);
std::optional<Verdict> ParseVerdict(std::string_view name);

// What one check found, before campaign-wide rules (the gate, waivers, profiles).
struct CheckResult {
  std::string requirement;
  Verdict verdict = Verdict::kError;
  std::string reason;              // one sentence; "" for a plain pass
  std::string expected, observed;  // of the first failure
  std::vector<std::string> notes;
  bool lowered = false;     // the requirement's `otherwise` is in force
  std::vector<int> events;  // indices into the timeline that the check examined, ascending
  std::string file;         // "suites/server/close.cc"
  int line = 0;
};

// Requirement ids that a scenario's checks judge, those of kEvery...Scenario included; sorted.
std::vector<std::string> RequirementsOf(std::string_view scenario);

// Judges the given requirements (a subset of RequirementsOf). Results in order of their ids.
// Must not run while another JudgeScenario does; may be called any number of times.
std::vector<CheckResult> JudgeScenario(std::string_view scenario, const Subject& subject,
                                       const Timeline& timeline,
                                       const std::vector<std::string>& requirements);

// The sandbox has addresses or settings of its own.
bool NeedsNamespaces(const ScenarioInfo& scenario);

// Why this host cannot show what the scenario is about; "" where it can. Such a scenario is not
// driven, and its requirements are inconclusive.
std::string WhyNotObservable(std::string_view scenario, const Subject& subject);

// To be called once, first thing in main(): takes GoogleTest's command line and printer out.
void InitialiseJudging();

}  // namespace sockspec
