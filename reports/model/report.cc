// Names, sums and the one-line result of a report.
#include "reports/model/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sockspec::report {

namespace {

constexpr std::array<std::string_view, 5> kVerdictNames = {"pass", "fail", "inconclusive",
                                                           "not-applicable", "error"};
constexpr std::array<std::string_view, 5> kLevelNames = {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT",
                                                         "MAY"};

// Servers skip connect and clients bind, listen and accept, so one order serves both.
constexpr std::array<std::string_view, 9> kLifeCycle = {
    "socket", "bind", "listen", "accept", "connect", "read", "write", "close", "process"};

template <typename Enum>
bool Parse(const std::array<std::string_view, 5>& names, std::string_view name, Enum* value) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return false;
  *value = static_cast<Enum>(found - names.begin());
  return true;
}

void Add(const Row& row, Counts* counts) {
  switch (row.verdict) {
    case Verdict::kPass:
      ++counts->pass;
      break;
    case Verdict::kFail:
      ++counts->fail;
      break;
    case Verdict::kInconclusive:
      ++counts->inconclusive;
      break;
    case Verdict::kNotApplicable:
      ++counts->not_applicable;
      break;
    case Verdict::kError:
      ++counts->error;
      break;
  }
  counts->notes += static_cast<int>(row.notes.size());
}

using Sums = std::vector<std::pair<std::string, Counts>>;

// Sums in the order in which their keys first appear.
class SumTable {
 public:
  void Count(const Row& row, const std::string& key) {
    const auto [place, is_new] = places_.try_emplace(key, sums_.size());
    if (is_new) sums_.emplace_back(key, Counts());
    Add(row, &sums_[place->second].second);
  }

  template <typename Rank>
  Sums SortedBy(Rank rank) const {
    Sums sums = sums_;
    std::stable_sort(sums.begin(), sums.end(), [rank](const auto& a, const auto& b) {
      return rank(a.first) < rank(b.first);
    });
    return sums;
  }

  const Sums& sums() const { return sums_; }

 private:
  Sums sums_;
  std::map<std::string, std::size_t> places_;
};

const Program* Find(const Report& report, int program) {
  const bool known = program >= 0 && static_cast<std::size_t>(program) < report.programs.size();
  return known ? &report.programs[program] : nullptr;
}

std::string StepName(const Report& report, const Row& row) {
  const Program* program = Find(report, row.program);
  return program == nullptr ? row.step : program->role + " " + row.step;
}

// Server steps before client steps, each in the order of the life cycle; unknown ones last.
std::size_t StepRank(std::string_view name) {
  const std::size_t role = name.starts_with("server ") ? 0 : 100;
  const std::string_view step = name.substr(name.find(' ') + 1);
  return role + (std::find(kLifeCycle.begin(), kLifeCycle.end(), step) - kLifeCycle.begin());
}

std::size_t LevelRank(std::string_view name) {
  return std::find(kLevelNames.begin(), kLevelNames.end(), name) - kLevelNames.begin();
}

}  // namespace

std::string_view Name(Verdict verdict) { return kVerdictNames.at(static_cast<int>(verdict)); }
std::string_view Name(Level level) { return kLevelNames.at(static_cast<int>(level)); }
bool ParseVerdict(std::string_view name, Verdict* verdict) {
  return Parse(kVerdictNames, name, verdict);
}
bool ParseLevel(std::string_view name, Level* level) { return Parse(kLevelNames, name, level); }

Summary Summarise(const Report& report) {
  Counts all;
  SumTable areas, levels, steps, programs;
  std::map<int, std::string> labels;
  for (const Row& row : report.rows) {
    const auto [label, is_new] = labels.try_emplace(row.program);
    if (is_new) label->second = ProgramLabel(report, row.program);
    Add(row, &all);
    areas.Count(row, row.area);
    levels.Count(row, std::string(Name(row.level)));
    steps.Count(row, StepName(report, row));
    programs.Count(row, label->second + " " + row.transport);
  }
  return {all, areas.sums(), levels.SortedBy(LevelRank), steps.SortedBy(StepRank), programs.sums()};
}

std::string Headline(const Report& report) {
  Counts all;
  int failed_musts = 0, waived = 0;
  for (const Row& row : report.rows) {
    Add(row, &all);
    if (row.verdict != Verdict::kFail) continue;
    if (row.level == Level::kMust || row.level == Level::kMustNot) ++failed_musts;
    if (row.waived) ++waived;
  }
  std::string line = report.complete ? "" : "INCOMPLETE: ";
  if (all.total() == 0) return line + "nothing was judged";
  line += fmt::format("{} passed, {} failed", all.pass, all.fail);
  if (all.fail > 0) {
    line += fmt::format(" ({} MUST{})", failed_musts,
                        waived > 0 ? fmt::format(", {} waived", waived) : "");
  }
  if (all.inconclusive > 0) line += fmt::format(", {} inconclusive", all.inconclusive);
  if (all.error > 0) line += fmt::format(", {} error{}", all.error, all.error == 1 ? "" : "s");
  if (all.not_applicable > 0) line += fmt::format(", {} not applicable", all.not_applicable);
  if (all.notes > 0) line += fmt::format(", {} note{}", all.notes, all.notes == 1 ? "" : "s");
  // Why there are fewer than all stands in brackets.
  if (report.planes.find('(') != std::string::npos) line += "; seen on " + report.planes;
  return line;
}

bool TurnsRed(const Row& row) {
  const bool good = row.verdict == Verdict::kPass || row.verdict == Verdict::kNotApplicable;
  return row.counts && !row.waived && !good;
}

std::string ProgramLabel(const Report& report, int program) {
  const Program* self = Find(report, program);
  if (self == nullptr) return fmt::format("program {}", program);
  int same = 0, same_service = 0, number = 1;
  for (std::size_t i = 0; i < report.programs.size(); ++i) {
    const Program& other = report.programs[i];
    if (other.implementation != self->implementation || other.role != self->role) continue;
    ++same;
    if (other.service != self->service) continue;
    ++same_service;
    if (static_cast<int>(i) < program) ++number;
  }
  std::string label = self->implementation + " " + self->role;
  if (same > 1) label += " " + self->service;
  if (same_service > 1) label += fmt::format(" {}", number);
  return label;
}

std::string_view ExitMeaning(int exit_code) {
  switch (exit_code) {
    case 0:
      return "every requirement that counts passed";
    case 1:
      return "a requirement that counts failed";
    case 2:
      return "wrong usage or manifest";
    case 3:
      return "none failed, but not every requirement that counts could be judged";
    case 4:
      return "the build failed or the program cannot be executed";
    case 5:
      return "nothing was selected";
    case 6:
      return "the baseline is stale";
    case 130:
      return "interrupted";
    default:
      return "unknown";
  }
}

}  // namespace sockspec::report
