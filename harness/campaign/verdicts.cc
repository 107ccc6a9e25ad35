// Merges findings over scenarios and makes the rows of the report.
#include "harness/campaign/verdicts.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"
#include "harness/campaign/excerpt.h"

namespace sockspec {
namespace {

// Of several findings the worst counts; of equal ones that of the first scenario by name. What
// could not be observed in one scenario is judged by the others, if they apply.
int Rank(const CheckResult& result) {
  switch (result.verdict) {
    case Verdict::kNotApplicable:
      return 0;
    case Verdict::kPass:
      return 2;
    case Verdict::kInconclusive:
      return result.reason.starts_with(kNotObservable) ? 1 : 3;
    case Verdict::kError:
      return 4;
    case Verdict::kFail:
      return 5;
  }
  return 4;
}

report::Verdict ToReport(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return report::Verdict::kPass;
    case Verdict::kFail:
      return report::Verdict::kFail;
    case Verdict::kInconclusive:
      return report::Verdict::kInconclusive;
    case Verdict::kNotApplicable:
      return report::Verdict::kNotApplicable;
    case Verdict::kError:
      break;
  }
  return report::Verdict::kError;
}

report::Level ToReport(Level level) {
  switch (level) {
    case Level::kMust:
      return report::Level::kMust;
    case Level::kMustNot:
      return report::Level::kMustNot;
    case Level::kShould:
      return report::Level::kShould;
    case Level::kShouldNot:
      return report::Level::kShouldNot;
    case Level::kMay:
      break;
  }
  return report::Level::kMay;
}

Level InForce(const Requirement& requirement, bool lowered) {
  return lowered ? requirement.otherwise.value_or(requirement.level) : requirement.level;
}

// "step 2 of the sweep: fail: stops serving ...".
std::string InWords(int step, bool goes_on, const CheckResult& result) {
  std::string text = fmt::format("step {} of the sweep: ", step);
  if (!goes_on && result.verdict == Verdict::kNotApplicable) {
    return text + "the program makes no such call";
  }
  text += Name(result.verdict);
  if (!result.reason.empty()) text += ": " + result.reason;
  return text;
}

bool IsGateRequirement(const RecordedScenario& scenario, const std::string& id) {
  const Subject& subject = scenario.subject;
  const std::vector<std::string> ids =
      GateRequirements(subject.role, scenario.transport, subject.service);
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

std::string_view Name(Profile profile) {
  constexpr std::string_view kNames[] = {"tutorial", "robust", "strict"};
  return kNames[static_cast<int>(profile)];
}

std::optional<Profile> ParseProfile(std::string_view name) {
  for (Profile profile : {Profile::kTutorial, Profile::kRobust, Profile::kStrict}) {
    if (Name(profile) == name) return profile;
  }
  return std::nullopt;
}

bool Counts(Profile profile, Level level, ObligedBy obliged_by) {
  if (IsMust(level)) return profile != Profile::kTutorial || obliged_by != ObligedBy::kPractice;
  return IsShould(level) && profile == Profile::kStrict;
}

ReportBuilder::ReportBuilder(RecordHeader header, const Catalogue& catalogue)
    : header_(std::move(header)), catalogue_(catalogue) {
  const std::optional<Profile> profile = ParseProfile(header_.profile);
  if (!profile) throw RecordError(fmt::format("unknown profile {}", Quote(header_.profile)));
  profile_ = *profile;
  const auto check = [&](const std::string& id) {
    if (catalogue_.Find(id) == nullptr) {
      throw RecordError(
          fmt::format("requirement {} is unknown to this version; the record was written by "
                      "sockspec {}",
                      Quote(id), header_.tool_version));
    }
  };
  for (const PlannedCase& planned : header_.plan.cases) {
    if (planned.gate) gates_[{planned.program, planned.transport}].scenario = planned.scenario;
    for (const std::string& id : planned.requirements) {
      check(id);
      merged_[{planned.program, planned.transport, id}];
    }
  }
  for (const ClaimedAway& away : header_.plan.claimed_away) {
    check(away.requirement);
    Merge({away.program, away.transport, away.requirement},
          {.result = {.requirement = away.requirement,
                      .verdict = Verdict::kNotApplicable,
                      .reason = away.reason}});
  }
}

void ReportBuilder::Merge(const Key& key, Finding finding) {
  Merged& merged = merged_[key];
  if (finding.step > 0)
    merged.steps[{finding.scenario, finding.step}] =
        InWords(finding.step, finding.goes_on, finding.result);
  const auto order = [](const Finding& of) {
    return std::tuple(-Rank(of.result), of.scenario, of.step, of.result.line);
  };
  // All steps of a sweep say the same of the program at large: once is enough.
  if (!finding.result.notes.empty() && finding.step <= 1) {
    merged.notes[finding.scenario] = finding.result.notes;
  }
  if (!merged.deciding || order(finding) < order(*merged.deciding)) {
    merged.deciding = std::move(finding);
  }
}

void ReportBuilder::Add(const RecordedScenario& scenario, EvidenceDigest digest) {
  for (std::size_t i = 0; i < scenario.results.size(); ++i) {
    const CheckResult& result = scenario.results[i];
    if (result.verdict == Verdict::kFail) ++failures_;
    Merge({scenario.program, scenario.transport, result.requirement},
          {.scenario = scenario.scenario,
           .step = scenario.step,
           .goes_on = scenario.goes_on,
           .result = result,
           .excerpt = std::move(digest.excerpts.at(i)),
           .milliseconds = scenario.milliseconds});
  }
  if (digest.log) {
    if (scenario.step > 0) digest.log->scenario += fmt::format(" step {}", scenario.step);
    logs_.push_back(std::move(*digest.log));
  }
  if (scenario.uncaptured > 0) {
    uncaptured_.first += scenario.uncaptured;
    ++uncaptured_.second;
  }
  if (scenario.outcome == Name(DriveEnd::kNotObservable)) ++hidden_[scenario.reason];
  not_executable_ = not_executable_ || scenario.outcome == Name(DriveEnd::kNotExecutable);
  JudgeGate(scenario);
}

void ReportBuilder::JudgeGate(const RecordedScenario& scenario) {
  const auto found = gates_.find({scenario.program, scenario.transport});
  if (found == gates_.end() || found->second.scenario != scenario.scenario) return;
  Gate& gate = found->second;
  gate.run = true;
  bool passed = false;
  for (const CheckResult& result : scenario.results) {
    if (!IsGateRequirement(scenario, result.requirement)) continue;
    if (result.verdict == Verdict::kPass) passed = true;
    if (result.verdict == Verdict::kNotApplicable || result.verdict == Verdict::kPass) continue;
    gate.failure =
        fmt::format("{} ({}): {}", result.requirement, Name(result.verdict), result.reason);
    return;
  }
  // A gate whose requirements do not apply is passed by having run to its end.
  if (!passed && scenario.outcome != Name(DriveEnd::kComplete)) {
    gate.failure =
        fmt::format("{} ended as {}: {}", scenario.scenario, scenario.outcome, scenario.reason);
  }
}

std::string ReportBuilder::GateFailure(int program, Transport transport) const {
  const auto found = gates_.find({program, transport});
  if (found == gates_.end()) return "";
  const Gate& gate = found->second;
  return gate.run ? gate.failure : fmt::format("{} was not run", gate.scenario);
}

report::Row ReportBuilder::RowFor(const Key& key) const {
  const auto& [program, transport, id] = key;
  const Requirement& requirement = *catalogue_.Find(id);
  const RecordedProgram& recorded = header_.programs[static_cast<std::size_t>(program)];
  std::vector<std::string> repeat = {"sockspec", "run"};
  repeat.insert(repeat.end(), recorded.repeat.begin(), recorded.repeat.end());
  repeat.insert(repeat.end(), {"--select", id, "--transport", std::string(Name(transport))});
  return {.requirement = id,
          .area = requirement.area,
          .step = requirement.step,
          .level = ToReport(requirement.level),
          .obliged_by = std::string(Name(requirement.obliged_by)),
          .statement = requirement.statement,
          .source = requirement.source,
          .hint = requirement.hint,
          .program = program,
          .transport = std::string(Name(transport)),
          .counts = Counts(profile_, requirement.level, requirement.obliged_by),
          .repeat = ShellQuote(repeat)};
}

std::string ReportBuilder::PlannedScenario(const Key& key) const {
  const auto& [program, transport, id] = key;
  for (const PlannedCase& planned : header_.plan.cases) {
    const std::vector<std::string>& ids = planned.requirements;
    if (planned.program == program && planned.transport == transport &&
        std::find(ids.begin(), ids.end(), id) != ids.end()) {
      return planned.scenario;
    }
  }
  return "";
}

report::Row ReportBuilder::MakeRow(const Key& key, const Merged& merged,
                                   const RecordFooter& footer) const {
  report::Row row = RowFor(key);
  if (!merged.deciding) {
    row.scenario = PlannedScenario(key);
    row.verdict = report::Verdict::kError;
    row.reason = footer.complete ? "no check gave a verdict" : "not run: " + footer.incomplete;
    ApplyWaiver(key, &row);
    return row;
  }
  const Finding& finding = *merged.deciding;
  const CheckResult& result = finding.result;
  const Requirement& requirement = *catalogue_.Find(result.requirement);
  const Level level = InForce(requirement, result.lowered);
  row.level = ToReport(level);
  row.counts = Counts(profile_, level, requirement.obliged_by);
  row.scenario = finding.scenario;
  row.verdict = ToReport(result.verdict);
  row.reason = result.reason;
  if (finding.step > 1 && !row.reason.empty()) {
    row.reason += fmt::format(" (step {} of the sweep)", finding.step);
  }
  row.expected = result.expected;
  row.observed = result.observed;
  for (const auto& [scenario, notes] : merged.notes) {
    row.notes.insert(row.notes.end(), notes.begin(), notes.end());
  }
  // Planes were left out on purpose: what only they show does not count.
  if (result.verdict == Verdict::kInconclusive && result.reason.starts_with(kLeftOut)) {
    row.counts = false;
  }
  for (const auto& [step, text] : merged.steps) {
    if (step.first != finding.scenario) continue;
    row.excerpt.push_back({.plane = "harness", .actor = "harness", .text = text});
  }
  row.excerpt.insert(row.excerpt.end(), finding.excerpt.begin(), finding.excerpt.end());
  row.file = result.file;
  row.line = result.line;
  row.milliseconds = finding.milliseconds;
  ApplyGate(key, &row);
  ApplyControl(key, &row);
  ApplyWaiver(key, &row);
  return row;
}

report::Report ReportBuilder::Finish(const RecordFooter& footer) {
  report::Report report{.tool_version = header_.tool_version,
                        .run_id = header_.run_id,
                        .started = header_.started,
                        .seconds = footer.seconds,
                        .host = header_.host,
                        .sandbox = header_.sandbox,
                        .planes = header_.planes,
                        .profile = header_.profile,
                        .warnings = header_.warnings,
                        .complete = footer.complete,
                        .incomplete = footer.incomplete};
  for (const RecordedProgram& recorded : header_.programs) {
    const Program& program = recorded.program;
    report::Program& entry =
        report.programs.emplace_back(report::Program{.implementation = recorded.implementation,
                                                     .version = recorded.version,
                                                     .role = std::string(Name(program.role)),
                                                     .service = program.service});
    for (Transport transport : program.transports) entry.transports.emplace_back(Name(transport));
    if (!program.launch.empty()) entry.command = ShellQuote(program.launch.begin()->second.command);
  }
  const auto selected = [&](const std::string& id) {
    return std::binary_search(header_.plan.selected.begin(), header_.plan.selected.end(), id);
  };
  for (const auto& [key, merged] : merged_) {
    report::Row row = MakeRow(key, merged, footer);
    // The gate runs for every selection; its own verdict is shown where others point to it.
    const bool unasked = !selected(row.requirement);
    if (unasked && row.verdict == report::Verdict::kPass) continue;
    if (unasked && row.verdict == report::Verdict::kNotApplicable) continue;
    report.rows.push_back(std::move(row));
  }
  std::sort(logs_.begin(), logs_.end(), [](const report::Log& a, const report::Log& b) {
    return std::tie(a.program, a.transport, a.scenario) <
           std::tie(b.program, b.transport, b.scenario);
  });
  report.logs = logs_;
  AddWarnings(&report);
  report.exit_code = ExitCodeOf(report, footer);
  return report;
}

int ReportBuilder::ExitCodeOf(const report::Report& report, const RecordFooter& footer) const {
  if (footer.interrupted) return kExitInterrupted;
  if (not_executable_) return kExitNotExecutable;
  const auto any = [&](auto verdicts) {
    return std::any_of(report.rows.begin(), report.rows.end(), [&](const report::Row& row) {
      return row.counts && !row.waived && verdicts(row.verdict);
    });
  };
  if (!footer.complete) return kExitUndecided;
  if (any([](report::Verdict verdict) { return verdict == report::Verdict::kFail; })) {
    return kExitFailed;
  }
  const bool undecided = any([](report::Verdict verdict) {
    return verdict == report::Verdict::kInconclusive || verdict == report::Verdict::kError;
  });
  // With planes left out on purpose something must pass all the same; with planes missing nobody
  // can say that all is well.
  const bool blind =
      header_.planes_asked
          ? !any([](report::Verdict verdict) { return verdict == report::Verdict::kPass; })
          : !header_.planes.starts_with("trace");
  return undecided || blind || !header_.plan.uncovered.empty() ? kExitUndecided : kExitPassed;
}

}  // namespace sockspec
