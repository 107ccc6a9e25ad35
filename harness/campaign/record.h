// The record of a campaign: JSON Lines, from which every report is made and may be made again.
//
// First a header, then a line for each scenario as it finishes (of a sweep: for each step), last a
// footer: a record without one was cut off. reports/schema/record.schema.json describes the lines.
// Readers accept unknown keys and refuse a newer format_version.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/transport.h"
#include "harness/campaign/plan.h"
#include "harness/evidence/timeline.h"
#include "harness/manifest/manifest.h"
#include "harness/testbed/check.h"
#include "harness/testbed/judging.h"

namespace sockspec {

inline constexpr int kRecordVersion = 1;

// Bad record: one line, "FILE:LINE: what is wrong". Exit status 2.
class RecordError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct RecordedProgram {
  std::string implementation, version;
  std::vector<std::string> repeat;  // arguments of `sockspec run` that name it: a manifest, or
                                    // --server CMD
  Program program;
  std::vector<Waiver> waivers;  // of its manifest
};

// What the reference fails on this host.
struct HostFault {
  Role role = Role::kServer;
  Transport transport = Transport::kTcp4;
  std::string requirement;
  std::string reason;
};

inline constexpr std::string_view kAllPlanes = "trace, kernel, wire, process";

struct RecordHeader {
  std::string tool_version;
  std::string run_id;
  std::string started;                // "2026-11-22T20:31:20Z"
  std::string host;                   // "Linux 6.1.0 x86_64"
  std::string sandbox;                // "namespaces" or "none: reason"
  std::string planes;                 // kAllPlanes, or fewer and why
  bool planes_asked = false;          // --planes left some out on purpose
  std::string profile;                // tutorial robust strict
  std::vector<std::string> patterns;  // of --select, as given
  std::vector<std::string> warnings;
  std::vector<RecordedProgram> programs;
  Plan plan;
  std::vector<HostFault> host_faults;
};

struct RecordedScenario {
  std::string scenario;
  int program = 0;
  Transport transport = Transport::kTcp4;
  int step = 0;          // of a sweep, from 1; 0: the scenario is none
  bool goes_on = false;  // of a sweep: a fault hit a call, so that there may be a further one
  // DriveEnd's words, or one of those below.
  std::string outcome;
  std::string reason;  // of the outcome
  double milliseconds = 0;
  std::map<std::string, double> phases;
  std::int64_t uncaptured = 0;  // packets that are missing in its capture
  Subject subject;              // without `launch`, which the header holds
  Timeline timeline;
  std::vector<CheckResult> results;
};
inline constexpr std::string_view kSkipped = "skipped";         // not launched: reason
inline constexpr std::string_view kWorkerDied = "worker-died";  // trouble of the harness's own

// Whether this line is the last of its planned case: any line but that of a step after which the
// sweep goes on.
inline bool Finishes(const RecordedScenario& scenario, const PlannedCase& planned) {
  return !scenario.goes_on || scenario.step >= planned.sweep;
}

struct RecordFooter {
  bool complete = true;
  std::string incomplete;  // why not
  bool interrupted = false;
  double seconds = 0;
  int scenarios = 0;                  // finished ones of the plan
  std::map<std::string, int> counts;  // verdict -> results, before campaign-wide rules
};

// One line each, without the line break.
std::string HeaderToJson(const RecordHeader& header);
std::string ScenarioToJson(const RecordedScenario& scenario);
std::string FooterToJson(const RecordFooter& footer);

// Throw std::runtime_error that says what is wrong. The scenario's subject gets its launch from the
// header.
RecordHeader HeaderFromJson(std::string_view line);
enum class Evidence { kRead, kSkip };
RecordedScenario ScenarioFromJson(std::string_view line, const RecordHeader& header,
                                  Evidence evidence = Evidence::kRead);
RecordFooter FooterFromJson(std::string_view line);

// "header", "scenario", "footer"; cheap where it is the first key, as writers put it.
std::string KindOf(std::string_view line);
bool IsWholeLine(std::string_view line);  // one JSON text

// Results as they come back from a record: texts that are no UTF-8 have been repaired. What is
// judged again goes through here, so that it equals what was recorded.
std::vector<CheckResult> AsRecorded(const std::vector<CheckResult>& results);

// Receives a record as it is read; one scenario is in memory at a time.
struct RecordVisitor {
  std::function<void(const RecordHeader&)> header;
  std::function<void(RecordedScenario)> scenario;
};

// Reads a file ("-": standard input) strictly and returns its footer. A record whose end is
// missing, in the middle of a line or after one, has a footer that says so. Throws RecordError.
RecordFooter ReadRecord(const std::string& file, const RecordVisitor& visitor);

}  // namespace sockspec
