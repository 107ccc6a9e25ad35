// What sub-commands write: reports to standard output or files, everything else to standard error.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/campaign/record.h"
#include "reports/model/report.h"

namespace CLI {
class App;
}

namespace sockspec {

// Options that run, judge and report share.
struct OutputOptions {
  std::string folder;                // -o
  std::vector<std::string> reports;  // --report FORMAT=FILE
  std::string verdicts;              // --verdicts FILE
  bool trace_log = false;
  bool ladder = false;
  bool no_colour = false;
  bool verbose = false;
  bool quiet = false;
};
void AddOutputOptions(CLI::App& command, OutputOptions* options);
// Throws UsageError for a format or a folder that cannot be, before anything is run.
void CheckOutputOptions(const OutputOptions& options);

// The timelines that --trace-log shows, put in the order of the plan.
class TraceLog {
 public:
  explicit TraceLog(const OutputOptions& options) : options_(options) {}
  void Add(const RecordHeader& header, const RecordedScenario& scenario);
  std::string Text() const;

 private:
  const OutputOptions& options_;
  std::map<std::size_t, std::string> texts_;
};

// Writes all that was asked for; the terminal report where nothing else goes to standard output.
void WriteReports(const report::Report& report, const OutputOptions& options,
                  const TraceLog& trace_log);

// One line a row: REQUIREMENT TRANSPORT ROLE VERDICT reason.
std::string VerdictLines(const report::Report& report);

// To standard output, flushed. Throws std::system_error.
void Print(std::string_view text);
// To `file`, "-" being standard output. Throws std::system_error.
void WriteFile(const std::string& file, std::string_view text);

}  // namespace sockspec
