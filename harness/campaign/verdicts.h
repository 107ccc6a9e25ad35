// Verdicts: a pure function of a record. It merges what the checks found over scenarios and applies
// the rules of the campaign: the gate, levels, profiles, waivers, the reference as control.
//
//   ReportBuilder builder(header, Catalogue::Embedded());
//   for (...) builder.Add(scenario, DigestOf(scenario));  // in any order: the report does not
//   depend on it const report::Report report = builder.Finish(footer);
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "harness/campaign/digest.h"
#include "harness/campaign/record.h"
#include "harness/testbed/catalogue.h"
#include "harness/testbed/drive.h"
#include "reports/model/report.h"

namespace sockspec {

// Which requirements count.
enum class Profile {
  kTutorial,  // MUSTs that a contract, the tutorial or a specification obliges
  kRobust,    // MUSTs of practice too
  kStrict     // SHOULDs too
};
std::string_view Name(Profile profile);
std::optional<Profile> ParseProfile(std::string_view name);
bool Counts(Profile profile, Level level, ObligedBy obliged_by);

// Exit statuses (README has them for users).
enum ExitCode {
  kExitPassed = 0,
  kExitFailed = 1,
  kExitUsage = 2,
  kExitUndecided = 3,
  kExitNotExecutable = 4,
  kExitNothingSelected = 5,
  kExitInterrupted = 130
};

class ReportBuilder {
 public:
  ReportBuilder(RecordHeader header, const Catalogue& catalogue);

  // The scenario's timeline may be left out: what reports show of it is in the digest.
  void Add(const RecordedScenario& scenario, EvidenceDigest digest);
  report::Report Finish(const RecordFooter& footer);

  // Whether the gate of that program and transport is known to have passed; for the campaign, which
  // launches nothing behind one that has not. "" when it has, else why not.
  std::string GateFailure(int program, Transport transport) const;
  // Requirements that failed so far, before the campaign's rules.
  int failures() const { return failures_; }

 private:
  using Place = std::pair<int, Transport>;
  using Key = std::tuple<int, Transport, std::string>;  // program, transport, requirement

  // What one scenario says of one requirement.
  struct Finding {
    std::string scenario;
    int step = 0;  // of a sweep, from 1
    bool goes_on = false;
    CheckResult result;
    std::vector<report::ExcerptLine> excerpt;
    double milliseconds = 0;
  };
  struct Merged {
    std::optional<Finding> deciding;
    std::map<std::string, std::vector<std::string>> notes;  // by scenario
    // What came of each step, for people; by sweep and step.
    std::map<std::pair<std::string, int>, std::string> steps;
  };
  struct Gate {
    std::string scenario;
    bool run = false;
    std::string failure;  // "" when passed
  };

  void Merge(const Key& key, Finding finding);
  void JudgeGate(const RecordedScenario& scenario);
  report::Row MakeRow(const Key& key, const Merged& merged, const RecordFooter& footer) const;
  std::string PlannedScenario(const Key& key) const;  // the first that judges it
  report::Row RowFor(const Key& key) const;
  void ApplyGate(const Key& key, report::Row* row) const;
  void ApplyControl(const Key& key, report::Row* row) const;
  void ApplyWaiver(const Key& key, report::Row* row) const;
  void AddWarnings(report::Report* report) const;
  int ExitCodeOf(const report::Report& report, const RecordFooter& footer) const;

  const RecordHeader header_;
  const Catalogue& catalogue_;
  Profile profile_ = Profile::kRobust;
  std::map<Key, Merged> merged_;  // every planned requirement, from the start
  std::map<Place, Gate> gates_;
  std::vector<report::Log> logs_;
  std::pair<std::int64_t, int> uncaptured_;  // packets, in so many captures
  std::map<std::string, int> hidden_;        // scenarios that could not be observed, by reason
  bool not_executable_ = false;
  int failures_ = 0;
};

}  // namespace sockspec
