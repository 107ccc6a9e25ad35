// sockspec run: judges programs.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <list>
#include <memory>

#include "harness/base/processor.h"
#include "harness/base/text.h"
#include "harness/campaign/build_step.h"
#include "harness/campaign/campaign.h"
#include "harness/campaign/selection.h"
#include "harness/cli/commands.h"
#include "harness/cli/option_words.h"
#include "harness/cli/output.h"
#include "harness/cli/progress.h"

namespace sockspec {
namespace {

constexpr const char* kExamples = R"(
Examples:
  sockspec run                                     what ./sockspec.toml declares
  sockspec run --server './daytimed {port}'        without a manifest
  sockspec run --client './daytime {host} {port}'
  sockspec run --service daytime -- ./daytimed {port}
  sockspec run --select 'CLS-*' --transport tcp6 --trace-log
  sockspec run --select CLS-02 -o report/ --capture    packets: report/captures/*.pcap
  sockspec run class/*/sockspec.toml -o report/    many programs, one report
Placeholders: {transport} {family} {address} {host} {port} {path} {backlog} {service} {user}
)";

struct RunOptions {
  std::vector<std::string> manifests;
  std::string server, client;
  std::string service = "daytime";
  std::vector<std::string> transports, patterns;
  std::string profile = "robust";
  std::string planes = "trace";
  int jobs = 0;
  double time_scale = 1;
  std::string wrap;
  bool debugger = false;
  bool no_control = false;
  bool capture = false;
  OutputOptions output;
};

// Manifests and the programs in them; a list, since programs are pointed at.
struct Subjects {
  std::list<Manifest> manifests;
  std::vector<CampaignProgram> programs;

  void Add(Manifest manifest, const std::vector<std::string>& repeat) {
    manifests.push_back(std::move(manifest));
    for (const Program& program : manifests.back().programs) {
      programs.push_back({&manifests.back(), &program, repeat});
    }
  }
};

void CheckWaivers(const Manifest& manifest) {
  const std::vector<std::string> ids = Catalogue::Embedded().Ids();
  for (const Waiver& waiver : manifest.waivers) {
    if (std::find(ids.begin(), ids.end(), waiver.requirement) != ids.end()) continue;
    const std::string nearest = Nearest(waiver.requirement, ids);
    throw ManifestError(fmt::format("{}: waivers: no requirement is called {}{}", manifest.file,
                                    Quote(waiver.requirement),
                                    nearest.empty() ? "; \"sockspec list\" shows them all"
                                                    : fmt::format("; did you mean {}?", nearest)));
  }
}

Subjects LoadSubjects(const RunOptions& options, const std::vector<std::string>& program) {
  Subjects subjects;
  const std::vector<Transport> transports = ParseTransports(options.transports);
  const std::string here = std::filesystem::current_path().string();
  const auto add_command = [&](Role role, const std::string& command) {
    std::vector<std::string> repeat = {fmt::format("--{}", Name(role)), command};
    if (options.service != "daytime") repeat.insert(repeat.end(), {"--service", options.service});
    subjects.Add(ManifestFromCommand(role, command, options.service, transports, here), repeat);
  };
  if (!options.server.empty()) add_command(Role::kServer, options.server);
  if (!program.empty()) add_command(Role::kServer, ShellQuote(program));
  if (!options.client.empty()) add_command(Role::kClient, options.client);
  for (const std::string& file : options.manifests) {
    Manifest manifest = LoadManifest(file);
    CheckWaivers(manifest);
    subjects.Add(std::move(manifest), {file});
  }
  if (subjects.manifests.empty()) {
    Manifest manifest = LoadManifest("sockspec.toml");
    CheckWaivers(manifest);
    subjects.Add(std::move(manifest), {});
  }
  return subjects;
}

CampaignOptions ToCampaign(const RunOptions& options) {
  CampaignOptions campaign;
  campaign.patterns = options.patterns;
  campaign.transports = ParseTransports(options.transports);
  campaign.profile = *ParseProfile(options.profile);
  campaign.planes = options.planes == "wire"     ? Planes::kWire
                    : options.planes == "kernel" ? Planes::kKernel
                                                 : Planes::kAll;
  campaign.jobs = options.jobs > 0 ? options.jobs : ProcessorCount();
  campaign.time_scale = options.time_scale;
  campaign.control = !options.no_control && !options.debugger;
  if (!options.output.folder.empty()) campaign.record_file = options.output.folder + "/run.jsonl";
  if (options.capture) campaign.capture_folder = options.output.folder + "/captures";
  campaign.tool_folder = std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  try {
    campaign.wrap = ShellSplit(options.wrap);
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("--wrap: {}", error.what()));
  }
  if (options.debugger) {
    if (campaign.wrap.empty()) campaign.wrap = {"gdb", "--args"};
    campaign.interactive = true;
  }
  return campaign;
}

int Run(const RunOptions& options, const std::vector<std::string>& program) {
  if (options.capture && options.output.folder.empty()) {
    throw UsageError(
        "--capture: the packets go into the folder of -o, which is missing: add -o DIR");
  }
  CheckOutputOptions(options.output);
  Subjects subjects = LoadSubjects(options, program);
  CampaignOptions campaign = ToCampaign(options);
  // What is wrong with the selection is said before anything is built or probed.
  SelectRequirements(Catalogue::Embedded(), ReadPatterns(options.patterns));
  const HostProbe probe;
  campaign.abilities = probe.Collect();
  std::list<BuiltFolder> built;  // until the campaign has ended
  for (Manifest& manifest : subjects.manifests) {
    built.push_back(BuildPrograms(manifest, campaign.abilities, campaign.tool_folder));
    manifest.built = built.back().path();
  }
  campaign.timelines = options.output.trace_log;
  const bool shows_passes =
      options.output.verbose || !options.output.folder.empty() || !options.output.reports.empty();
  campaign.excerpts = shows_passes ? Excerpts::kAll : Excerpts::kNoPasses;
  TraceLog trace_log(options.output);
  report::Report report;
  {
    Progress progress(options.output.quiet);
    CampaignEvents events;
    RecordHeader header;
    events.planned = [&](const RecordHeader& made) {
      header = made;
      progress.Planned(static_cast<int>(made.plan.cases.size()));
    };
    events.started = [&](const PlannedCase& planned) { progress.Started(planned); };
    events.finished = [&](const RecordedScenario& scenario, int done, int failures) {
      if (options.output.trace_log) trace_log.Add(header, scenario);
      progress.Finished(scenario, done, failures);
    };
    report = RunCampaign(subjects.programs, campaign, events);
  }
  WriteReports(report, options.output, trace_log);
  return report.exit_code;
}

}  // namespace

void AddRun(CLI::App& app, const std::vector<std::string>& program, Action* action) {
  auto options = std::make_shared<RunOptions>();
  CLI::App& command = *app.add_subcommand("run", "Judge programs and report");
  command.footer(kExamples);
  command
      .add_option("manifests", options->manifests,
                  "manifests of programs to judge (default: ./sockspec.toml)")
      ->type_name("MANIFEST");
  command.add_option("--server", options->server, "judge the server that CMD starts")
      ->type_name("CMD");
  command.add_option("--client", options->client, "judge the client that CMD starts")
      ->type_name("CMD");
  command.add_option("--service", options->service, "what --server or --client speaks")
      ->type_name("NAME")
      ->capture_default_str();
  command
      .add_option(
          "--transport", options->transports,
          "only these transports (repeatable, or with commas): tcp4, tcp6, unix-stream, ...")
      ->type_name("NAME")
      ->delimiter(',')
      ->expected(1)
      ->take_all();
  command
      .add_option("--select", options->patterns,
                  "only requirements that match a glob; @FILE reads globs from a file (repeatable)")
      ->type_name("GLOB")
      ->expected(1)
      ->take_all();
  command
      .add_option(
          "--profile", options->profile,
          "what counts: tutorial (contract and specifications), robust (good practice too), "
          "strict (SHOULDs too)")
      ->check(CLI::IsMember({"tutorial", "robust", "strict"}))
      ->type_name("NAME")
      ->capture_default_str();
  command.add_option("-j,--jobs", options->jobs, "scenarios at once (default: processors)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  command
      .add_option("--time-scale", options->time_scale,
                  "multiplies every deadline of the watchdog, for slow hosts")
      ->check(CLI::Range(0.01, 10000.0))
      ->type_name("X")
      ->capture_default_str();
  command.add_option("--planes", options->planes, "the highest tier of evidence to use")
      ->check(CLI::IsMember({"trace", "kernel", "wire"}))
      ->type_name("TIER")
      ->capture_default_str();
  command.add_option("--wrap", options->wrap, "put the words of CMD before the program's command")
      ->type_name("CMD");
  command.add_flag("--debugger", options->debugger,
                   "run the program under gdb (or --wrap) on this terminal, untraced");
  command.add_flag("--no-control", options->no_control,
                   "do not judge the reference programs on this host first");
  command.add_flag(
      "--capture", options->capture,
      "with -o: write the packets of each case on IP transports into DIR/captures, one "
      "pcap file for each (of a sweep for each step)");
  AddOutputOptions(command, &options->output);
  command.callback([options, &program, action] {
    *action = [options, program] { return Run(*options, program); };
  });
}

}  // namespace sockspec
