// The report: the one value that all writers read. It knows nothing of processes or of GoogleTest.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sockspec::report {

enum class Verdict { kPass, kFail, kInconclusive, kNotApplicable, kError };
enum class Level { kMust, kMustNot, kShould, kShouldNot, kMay };

// One line of the timeline excerpt that proves a verdict.
struct ExcerptLine {
  double milliseconds = 0;  // since the scenario began
  std::string plane;        // "wire" "kernel" "trace" "process" "fault" "harness"
  std::string actor;        // "harness", "server", "client", with process number where > 1
  std::string text;         // untrusted: may hold anything the program printed
  bool marked = false;      // the check looked at it
};

// The verdict on one requirement, on one transport, of one program.
struct Row {
  std::string requirement;     // "CLS-05"
  std::string area;            // "CLS"
  std::string step;            // socket bind listen accept connect read write close process
  Level level = Level::kMust;  // in force here (a condition may have lowered it)
  std::string obliged_by;      // contract tutorial spec practice
  std::string statement, source, hint;

  int program = 0;        // index into Report::programs
  std::string transport;  // "tcp4"
  std::string scenario;   // the one that decided
  Verdict verdict = Verdict::kError;
  bool counts = false;  // the profile counts it: a fail makes the run red
  bool waived = false;
  std::string waiver;              // its reason
  std::string reason;              // one sentence; never empty unless pass
  std::string expected, observed;  // for fail; may be empty otherwise
  std::vector<std::string> notes;
  std::vector<ExcerptLine> excerpt;
  std::string repeat;  // the command line that repeats just this case
  std::string file;    // of the check, relative to the repository
  int line = 0;
  double milliseconds = 0;  // of the scenario
};

struct Program {
  std::string implementation;  // the manifest's name
  std::string version;
  std::string role;  // "server" "client"
  std::string service;
  std::vector<std::string> transports;
  std::string command;  // shell-quoted, placeholders unexpanded
};

// Captured output of a scenario that failed, for reports that show it. Untrusted.
struct Log {
  int program = 0;
  std::string scenario, transport;
  std::string standard_output, standard_error;
  bool cut = false;
};

struct Report {
  std::string tool_version;
  std::string run_id;
  std::string started;  // "2026-11-22T20:31:20Z"
  double seconds = 0;
  std::string host;                   // "Linux 6.18.44 x86_64"
  std::string sandbox;                // "namespaces" or "none: reason"
  std::string planes;                 // "trace, kernel, wire, process", or fewer and why:
                                      // "kernel, wire, process (ptrace denied)"
  std::string profile;                // tutorial robust strict
  std::vector<std::string> warnings;  // printed first: degraded sandbox, planes asked for, ...
  bool complete = true;
  std::string incomplete;  // why not
  std::vector<Program> programs;
  std::vector<Row> rows;  // ordered by program, transport, requirement
  std::vector<Log> logs;
  int exit_code = 0;
};

// "pass" "fail" "inconclusive" "not-applicable" "error"
std::string_view Name(Verdict verdict);
std::string_view Name(Level level);  // "MUST NOT"
bool ParseVerdict(std::string_view name, Verdict* verdict);
bool ParseLevel(std::string_view name, Level* level);

struct Counts {
  int pass = 0, fail = 0, inconclusive = 0, not_applicable = 0, error = 0;
  int notes = 0;
  int total() const { return pass + fail + inconclusive + not_applicable + error; }
};

// Sums by one key. Areas and programs in the order in which they first appear, levels from MUST to
// MAY, steps in the order of the life cycle, with their role: "server accept", "client connect".
struct Summary {
  Counts all;
  std::vector<std::pair<std::string, Counts>> by_area;
  std::vector<std::pair<std::string, Counts>> by_level;
  std::vector<std::pair<std::string, Counts>> by_step;
  std::vector<std::pair<std::string, Counts>> by_program;  // "name server tcp4"
};
Summary Summarise(const Report& report);

// One line, as the terminal report ends with: "38 passed, 2 failed (1 MUST), ...".
std::string Headline(const Report& report);

// Whether this row alone keeps the run from exit status 0.
bool TurnsRed(const Row& row);

// "daytimed server"; with the service, or a number, where that alone does not tell programs apart.
std::string ProgramLabel(const Report& report, int program);

// What an exit status of sockspec says, in a few words.
std::string_view ExitMeaning(int exit_code);

}  // namespace sockspec::report
