// sockspec judge and sockspec report: reports from a stored record.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>

#include "harness/campaign/case_run.h"
#include "harness/campaign/record.h"
#include "harness/campaign/verdicts.h"
#include "harness/cli/commands.h"
#include "harness/cli/output.h"

namespace sockspec {
namespace {

enum class Judging { kAnew, kAsStored };

struct RecordOptions {
  std::string file;
  OutputOptions output;
};

int ReportRecord(const RecordOptions& options, Judging judging) {
  CheckOutputOptions(options.output);
  std::optional<RecordHeader> header;
  std::optional<ReportBuilder> builder;
  TraceLog trace_log(options.output);
  const RecordVisitor visitor{.header =
                                  [&](const RecordHeader& read) {
                                    header = read;
                                    builder.emplace(read, Catalogue::Embedded());
                                  },
                              .scenario =
                                  [&](RecordedScenario scenario) {
                                    const std::vector<PlannedCase>& cases = header->plan.cases;
                                    const auto planned = std::find_if(
                                        cases.begin(), cases.end(), [&](const PlannedCase& each) {
                                          return each.program == scenario.program &&
                                                 each.scenario == scenario.scenario &&
                                                 each.transport == scenario.transport;
                                        });
                                    if (judging == Judging::kAnew) JudgeAgain(*planned, &scenario);
                                    if (options.output.trace_log) trace_log.Add(*header, scenario);
                                    builder->Add(scenario, DigestOf(scenario));
                                  }};
  const RecordFooter footer = ReadRecord(options.file, visitor);
  const report::Report report = builder->Finish(footer);
  WriteReports(report, options.output, trace_log);
  return report.exit_code;
}

void Add(CLI::App& app, const char* name, const char* description, const char* examples,
         Judging judging, Action* action) {
  auto options = std::make_shared<RecordOptions>();
  CLI::App& command = *app.add_subcommand(name, description);
  command.footer(examples);
  command
      .add_option("record", options->file, "a record: run.jsonl of a folder written by -o, or -")
      ->type_name("RECORD")
      ->required();
  AddOutputOptions(command, &options->output);
  command.callback([options, judging, action] {
    *action = [options, judging] { return ReportRecord(*options, judging); };
  });
}

}  // namespace

void AddJudge(CLI::App& app, Action* action) {
  Add(app, "judge", "Judge the stored evidence of a record again",
      "\nExample:\n  sockspec judge report/run.jsonl --verdicts -\n", Judging::kAnew, action);
}

void AddReport(CLI::App& app, Action* action) {
  Add(app, "report", "Write reports from a record, with the verdicts that it holds",
      "\nExample:\n  sockspec report report/run.jsonl --report html=report.html\n",
      Judging::kAsStored, action);
}

}  // namespace sockspec
