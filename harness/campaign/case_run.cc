// Runs one planned case.
#include "harness/campaign/case_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/clock.h"

namespace sockspec {
namespace {

bool HasEvidence(std::string_view outcome) {
  return outcome == Name(DriveEnd::kComplete) || outcome == Name(DriveEnd::kNotReady) ||
         outcome == Name(DriveEnd::kDeadline);
}

void GiveAll(const PlannedCase& planned, Verdict verdict, const std::string& reason,
             RecordedScenario* scenario) {
  for (const std::string& id : planned.requirements) {
    scenario->results.push_back({.requirement = id, .verdict = verdict, .reason = reason});
  }
}

}  // namespace

RecordedScenario RunCase(const PlannedCase& planned, int step, const Manifest& manifest,
                         const Program& program, const DriveOptions& options) {
  const ScenarioInfo* info = FindScenario(planned.scenario);
  if (info == nullptr) {
    return UnjudgedCase(planned, step, program, Name(DriveEnd::kHarnessError), Verdict::kError,
                        "this program holds no such scenario");
  }
  RecordedScenario scenario{.scenario = planned.scenario,
                            .program = planned.program,
                            .transport = planned.transport,
                            .step = step};
  scenario.subject = MakeSubject(program, planned.transport, options);
  scenario.subject.step = step;
  Drive drive = DriveScenario(*info, manifest, scenario.subject, options);
  scenario.goes_on = step > 0 && drive.goes_on;
  scenario.outcome = Name(drive.end);
  scenario.reason = drive.reason;
  scenario.phases = std::move(drive.phases);
  scenario.uncaptured = drive.uncaptured;
  scenario.timeline = std::move(drive.timeline);
  const std::int64_t driven = MonotonicNanoseconds();
  if (HasEvidence(scenario.outcome)) {
    JudgeAgain(planned, &scenario);
  } else {
    const bool hidden = drive.end == DriveEnd::kNotObservable;
    GiveAll(planned, hidden ? Verdict::kInconclusive : Verdict::kError, scenario.reason, &scenario);
  }
  const std::int64_t judged = MonotonicNanoseconds();
  scenario.phases["judging"] = static_cast<double>(judged - driven) / 1e6;
  scenario.milliseconds = static_cast<double>(judged - drive.began) / 1e6;
  return scenario;
}

RecordedScenario UnjudgedCase(const PlannedCase& planned, int step, const Program& program,
                              std::string_view outcome, Verdict verdict,
                              const std::string& reason) {
  RecordedScenario scenario{.scenario = planned.scenario,
                            .program = planned.program,
                            .transport = planned.transport,
                            .step = step,
                            .outcome = std::string(outcome),
                            .reason = reason};
  scenario.subject.role = program.role;
  scenario.subject.transport = planned.transport;
  scenario.subject.service = program.service;
  scenario.subject.definition = program.definition;
  scenario.subject.launch = program.launch.at(planned.transport);
  GiveAll(planned, verdict, reason, &scenario);
  return scenario;
}

void JudgeAgain(const PlannedCase& planned, RecordedScenario* scenario) {
  if (!HasEvidence(scenario->outcome)) return;
  scenario->results = AsRecorded(
      JudgeScenario(planned.scenario, scenario->subject, scenario->timeline, planned.requirements));
  if (planned.sweep == 0 || !scenario->goes_on || scenario->step < planned.sweep) return;
  // Checks of every scenario ask nothing of the sweep.
  const std::vector<std::string> everywhere = RequirementsOf(
      scenario->subject.role == Role::kServer ? kEveryServerScenario : kEveryClientScenario);
  for (CheckResult& result : scenario->results) {
    if (result.verdict != Verdict::kPass) continue;
    if (std::ranges::find(everywhere, result.requirement) != everywhere.end()) continue;
    result.verdict = Verdict::kInconclusive;
    result.reason = fmt::format(
        "{} such calls went the other way, one a run, and the program makes more: this sweep ends "
        "there",
        planned.sweep);
  }
}

}  // namespace sockspec
