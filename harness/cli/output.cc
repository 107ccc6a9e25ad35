// Chooses writers and where their texts go.
#include "harness/cli/output.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "harness/base/error.h"
#include "harness/base/text.h"
#include "harness/campaign/excerpt.h"
#include "harness/cli/commands.h"
#include "reports/write/visible_text.h"
#include "reports/write/writers.h"

namespace sockspec {
namespace {

constexpr int kFileWidth = 100;

// "NO_COLOR ... when present and not an empty string" (no-color.org).
bool IsSet(const char* variable) {
  const char* value = getenv(variable);
  return value != nullptr && *value != '\0';
}

bool WantsColour(const OutputOptions& options) {
  if (options.no_colour || IsSet("NO_COLOR") || IsSet("SOCKSPEC_NO_COLOR")) return false;
  if (IsSet("FORCE_COLOR")) return true;
  const char* terminal = getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

int TerminalWidth() {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
      size.ws_col > 0) {
    return size.ws_col;
  }
  return kFileWidth;
}

struct Format {
  const char* name;
  const char* file;  // in the folder of -o
  std::string (*write)(const report::Report&);
};
constexpr Format kFormats[] = {
    {"json", "report.json", report::WriteJson},
    {"html", "report.html", report::WriteHtml},
    {"markdown", "report.md", report::WriteMarkdown},
    {"junit", "junit.xml",
     [](const report::Report& report) {
       return report::WriteJunit(report, report::JunitDialect::kDefault);
     }},
    {"junit-strict", "junit-strict.xml",
     [](const report::Report& report) {
       return report::WriteJunit(report, report::JunitDialect::kStrict);
     }},
    {"text", "report.txt",
     [](const report::Report& report) {
       return report::WriteTerminal(report,
                                    {.colour = false, .width = kFileWidth, .verbose = true});
     }},
};

std::vector<std::string> FormatNames() {
  std::vector<std::string> names;
  for (const Format& format : kFormats) names.emplace_back(format.name);
  return names;
}

struct Request {
  const Format* format;
  std::string file;
};

Request ParseRequest(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const Format* found = std::find_if(std::begin(kFormats), std::end(kFormats),
                                     [&](const Format& format) { return name == format.name; });
  if (found == std::end(kFormats)) {
    const std::string nearest = Nearest(name, FormatNames());
    throw UsageError(fmt::format("--report: unknown format {}; {}", Quote(name),
                                 nearest.empty() ? "one of " + Join(FormatNames(), ", ")
                                                 : fmt::format("did you mean {}?", nearest)));
  }
  if (equals == std::string::npos || equals + 1 == text.size()) {
    throw UsageError(
        fmt::format("--report {}: names no file; write {}=FILE, or {}=- for standard output", name,
                    name, name));
  }
  return {found, text.substr(equals + 1)};
}

}  // namespace

void AddOutputOptions(CLI::App& command, OutputOptions* options) {
  command
      .add_option("-o,--output", options->folder,
                  "write all reports into the folder DIR: report.json, report.html, report.md, "
                  "report.txt, junit.xml, junit-strict.xml")
      ->type_name("DIR");
  command
      .add_option(
          "--report", options->reports,
          "write one report; FORMAT: " + Join(FormatNames(), ", ") + "; FILE may be - (repeatable)")
      ->type_name("FORMAT=FILE")
      ->expected(1)
      ->take_all();
  command
      .add_option("--verdicts", options->verdicts,
                  "write a line for each verdict: REQUIREMENT TRANSPORT ROLE VERDICT reason")
      ->type_name("FILE");
  command.add_flag("--trace-log", options->trace_log,
                   "show the timeline of each selected case: wire, kernel, system calls, faults");
  command.add_flag("--ladder", options->ladder,
                   "with --trace-log: client and server side by side, the wire between them");
  command.add_flag("--no-colour,--no-color", options->no_colour,
                   "no colours (also: NO_COLOR, TERM=dumb; FORCE_COLOR forces them)");
  command.add_flag("-v,--verbose", options->verbose, "show passes too, with their evidence");
  command.add_flag("-q,--quiet", options->quiet,
                   "no progress, and the last line of the report alone");
}

void CheckOutputOptions(const OutputOptions& options) {
  if (options.ladder && !options.trace_log) {
    throw UsageError("--ladder: is a form of --trace-log, which is missing");
  }
  for (const std::string& request : options.reports) ParseRequest(request);
  if (options.folder.empty()) return;
  std::error_code failed;
  std::filesystem::create_directories(options.folder, failed);
  if (failed) {
    throw UsageError(
        fmt::format("--output {}: cannot make this folder: {}", options.folder, failed.message()));
  }
}

void TraceLog::Add(const RecordHeader& header, const RecordedScenario& scenario) {
  const Plan& plan = header.plan;
  std::size_t place = 0;
  while (place < plan.cases.size() && (plan.cases[place].program != scenario.program ||
                                       plan.cases[place].transport != scenario.transport ||
                                       plan.cases[place].scenario != scenario.scenario)) {
    ++place;
  }
  if (place == plan.cases.size()) return;
  const std::vector<std::string>& judged = plan.cases[place].requirements;
  const bool selected = std::any_of(judged.begin(), judged.end(), [&](const std::string& id) {
    return std::binary_search(plan.selected.begin(), plan.selected.end(), id);
  });
  if (!selected) return;  // the gate of a selection without it
  texts_[place] += report::WriteTimeline(
      TimelineOf(scenario, header.programs[static_cast<std::size_t>(scenario.program)]),
      options_.ladder ? report::TimelineForm::kLadder : report::TimelineForm::kColumns,
      {.colour = WantsColour(options_), .width = TerminalWidth()});
}

std::string TraceLog::Text() const {
  std::string all;
  for (const auto& [place, text] : texts_) all += text + "\n";
  return all;
}

void WriteReports(const report::Report& report, const OutputOptions& options,
                  const TraceLog& trace_log) {
  bool to_terminal = true;
  const auto write = [&](const std::string& file, const std::string& text) {
    if (file == "-") to_terminal = false;
    WriteFile(file, text);
  };
  for (const std::string& text : options.reports) {
    const Request request = ParseRequest(text);
    write(request.file, request.format->write(report));
  }
  if (!options.verdicts.empty()) write(options.verdicts, VerdictLines(report));
  if (!options.folder.empty()) {
    for (const Format& format : kFormats) {
      WriteFile(options.folder + "/" + format.file, format.write(report));
    }
  }
  if (!to_terminal) return;
  if (options.trace_log) Print(trace_log.Text());
  if (options.quiet) {
    Print(report::Headline(report) + "\n");
    return;
  }
  Print(report::WriteTerminal(
      report,
      {.colour = WantsColour(options), .width = TerminalWidth(), .verbose = options.verbose}));
}

std::string VerdictLines(const report::Report& report) {
  std::string lines;
  for (const report::Row& row : report.rows) {
    const std::string& role = report.programs[static_cast<std::size_t>(row.program)].role;
    lines +=
        fmt::format("{} {} {} {}", row.requirement, row.transport, role, report::Name(row.verdict));
    if (!row.reason.empty()) lines += " " + report::Visible(row.reason);
    lines += "\n";
  }
  return lines;
}

void Print(std::string_view text) {
  errno = 0;
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    ThrowSystemError(errno, "write(standard output)");
  }
}

void WriteFile(const std::string& file, std::string_view text) {
  if (file == "-") return Print(text);
  errno = 0;
  std::FILE* stream = std::fopen(file.c_str(), "wbe");
  if (stream == nullptr) ThrowSystemError(errno, fmt::format("open({})", file));
  const bool written = std::fwrite(text.data(), 1, text.size(), stream) == text.size();
  const int error = errno;
  if (std::fclose(stream) != 0 || !written) {
    ThrowSystemError(written ? errno : error, fmt::format("write({})", file));
  }
}

}  // namespace sockspec
