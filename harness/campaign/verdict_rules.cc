// The rules of a campaign that change what a check alone has found: gate, control, waivers.
#include <fmt/format.h>

#include <algorithm>

#include "harness/campaign/verdicts.h"

namespace sockspec {

// A program that does not do its ordinary work proves nothing by refusing, surviving or not doing.
void ReportBuilder::ApplyGate(const Key& key, report::Row* row) const {
  const auto& [program, transport, id] = key;
  const auto found = gates_.find({program, transport});
  if (found == gates_.end()) return;
  const std::string failure = GateFailure(program, transport);
  if (failure.empty()) return;
  const bool by_claim = row->verdict == report::Verdict::kNotApplicable && row->scenario.empty();
  const bool undecided =
      row->verdict == report::Verdict::kInconclusive || row->verdict == report::Verdict::kError;
  if (by_claim || undecided) return;
  const Program& judged = header_.programs[static_cast<std::size_t>(program)].program;
  const std::vector<std::string> own = GateRequirements(judged.role, transport, judged.service);
  if (std::find(own.begin(), own.end(), id) != own.end()) return;
  const bool in_gate = row->scenario == found->second.scenario;
  if (in_gate && row->verdict == report::Verdict::kFail) return;
  row->verdict = report::Verdict::kInconclusive;
  row->reason = fmt::format("the ordinary exchange did not pass; see {}", failure);
  row->expected.clear();
  row->observed.clear();
}

// What the reference fails here is this host's doing, never the program's.
void ReportBuilder::ApplyControl(const Key& key, report::Row* row) const {
  if (row->verdict != report::Verdict::kFail) return;
  const auto& [program, transport, id] = key;
  const Role role = header_.programs[static_cast<std::size_t>(program)].program.role;
  for (const HostFault& fault : header_.host_faults) {
    if (fault.role != role || fault.transport != transport || fault.requirement != id) continue;
    row->verdict = report::Verdict::kError;
    row->reason = fmt::format("this host: the reference fails it here too ({})", fault.reason);
    return;
  }
}

void ReportBuilder::ApplyWaiver(const Key& key, report::Row* row) const {
  const RecordedProgram& program = header_.programs[static_cast<std::size_t>(std::get<0>(key))];
  for (const Waiver& waiver : program.waivers) {
    if (waiver.requirement != row->requirement) continue;
    // Dates as "2027-01-31" compare as texts. The last day is still covered.
    if (!waiver.until.empty() && header_.started.substr(0, 10) > waiver.until) continue;
    row->waived = true;
    row->waiver = waiver.reason;
  }
}

void ReportBuilder::AddWarnings(report::Report* report) const {
  for (const Uncovered& uncovered : header_.plan.uncovered) {
    report->warnings.push_back(fmt::format(
        "{} of {} was not judged: this version has no scenario for it", Name(uncovered.transport),
        header_.programs[static_cast<std::size_t>(uncovered.program)].implementation));
  }
  for (const auto& [reason, scenarios] : hidden_) {
    report->warnings.push_back(fmt::format("{} scenarios are {}", scenarios, reason));
  }
  if (uncaptured_.first > 0) {
    report->warnings.push_back(
        fmt::format("missing in {} captures: {} packets, which came too fast", uncaptured_.second,
                    uncaptured_.first));
  }
  std::vector<std::string> seen;
  for (const RecordedProgram& program : header_.programs) {
    for (const Waiver& waiver : program.waivers) {
      if (waiver.until.empty() || header_.started.substr(0, 10) <= waiver.until) continue;
      std::string text = fmt::format("the waiver of {} by {} expired on {}", waiver.requirement,
                                     program.implementation, waiver.until);
      // Programs of one manifest share its waivers.
      if (std::find(seen.begin(), seen.end(), text) != seen.end()) continue;
      seen.push_back(text);
      report->warnings.push_back(std::move(text));
    }
  }
  for (const HostFault& fault : header_.host_faults) {
    report->warnings.push_back(fmt::format("on this host the reference {} fails {} on {}: {}",
                                           Name(fault.role), fault.requirement,
                                           Name(fault.transport), fault.reason));
  }
}

}  // namespace sockspec
