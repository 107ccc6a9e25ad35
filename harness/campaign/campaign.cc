// Runs a campaign: plan, control, workers, record, report.
#include "harness/campaign/campaign.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <set>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/owned_fd.h"
#include "harness/base/text.h"
#include "harness/campaign/case_run.h"
#include "harness/campaign/control.h"
#include "harness/campaign/host.h"
#include "harness/campaign/record_writer.h"
#include "harness/campaign/selection.h"
#include "harness/campaign/workers.h"
#include "harness/launch/launch.h"
#include "harness/testbed/packet_capture.h"

namespace sockspec {
namespace {

constexpr double kWorkerSeconds = 300;

// As the record tells cases apart: "0-server-tcp4-Exchanges.pcap", and with the step of a sweep at
// the end.
std::string CaptureName(const PlannedCase& planned, const Program& program, int step) {
  return fmt::format("{}-{}-{}-{}{}.pcap", planned.program, Name(program.role),
                     Name(planned.transport), planned.scenario,
                     step > 0 ? fmt::format("-{}", step) : "");
}

class Campaign {
 public:
  Campaign(const std::vector<CampaignProgram>& programs, const CampaignOptions& options,
           const CampaignEvents& events)
      : programs_(programs), options_(options), events_(events) {}

  report::Report Run() {
    since_ = MonotonicNanoseconds();
    MakeHeader();
    CheckPrograms();
    PrepareCaptures();
    bool interrupted = false;
    if (options_.control) {
      const std::optional<std::vector<HostFault>> faults = JudgeControl(Controlled(), options_);
      interrupted = !faults;
      if (faults) header_.host_faults = *faults;
    }
    const HeldInterrupts held;
    builder_.emplace(header_, Catalogue::Embedded());
    writer_.emplace(options_.record_file, header_);
    if (events_.planned) events_.planned(header_);
    if (!interrupted) interrupted = RunPool() == PoolEnd::kInterrupted;
    return Finish(interrupted);
  }

 private:
  const std::vector<PlannedCase>& cases() const { return header_.plan.cases; }
  const Program& ProgramOf(const PlannedCase& planned) const {
    return *programs_[static_cast<std::size_t>(planned.program)].program;
  }

  void MakeHeader() {
    std::vector<const Program*> programs;
    for (const CampaignProgram& entry : programs_) {
      programs.push_back(entry.program);
      header_.programs.push_back({.implementation = entry.manifest->name,
                                  .version = entry.manifest->version,
                                  .repeat = entry.repeat,
                                  .program = *entry.program,
                                  .waivers = entry.manifest->waivers});
    }
    const Catalogue& catalogue = Catalogue::Embedded();
    header_.plan =
        MakePlan(programs, SelectRequirements(catalogue, ReadPatterns(options_.patterns)),
                 options_.transports, catalogue, EmbeddedSuite());
    header_.tool_version = SOCKSPEC_VERSION;
    header_.run_id = RandomId();
    header_.started = UtcTime(RealtimeNanoseconds());
    header_.host = HostName();
    header_.sandbox = SandboxWords(options_.abilities);
    header_.planes = PlaneWords(options_);
    header_.planes_asked = options_.planes != Planes::kAll;
    header_.profile = Name(options_.profile);
    header_.patterns = options_.patterns;
    for (const std::string& missing : options_.abilities.missing) {
      header_.warnings.push_back(missing);
    }
  }

  // The folder of the captures, or the warning that there are none. Cases lie in sandboxes in which
  // the folder cannot be written: they get its descriptor.
  void PrepareCaptures() {
    if (options_.capture_folder.empty()) return;
    const std::string why_not = PacketCapture::WhyNot(options_.abilities);
    if (!why_not.empty()) {
      header_.warnings.push_back(fmt::format("no packets were captured (--capture): {}", why_not));
      return;
    }
    const std::string& folder = options_.capture_folder;
    std::filesystem::create_directories(folder);
    captures_ = OwnedFd(
        CheckCall(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open({})", folder));
  }

  // A program that cannot be executed is found out before the first scenario.
  void CheckPrograms() const {
    std::set<std::pair<int, Transport>> places;
    for (const PlannedCase& planned : cases()) places.emplace(planned.program, planned.transport);
    for (const auto& [number, transport] : places) {
      const CampaignProgram& entry = programs_[static_cast<std::size_t>(number)];
      const LaunchSpec& spec = entry.program->launch.at(transport);
      const std::string& name =
          options_.wrap.empty() ? spec.command.front() : options_.wrap.front();
      ResolveProgram(name, SearchPath(*entry.manifest, spec, options_.tool_folder),
                     BuiltFiles(*entry.manifest).OnHost(spec.directory));
    }
  }

  // What the reference is to be judged on first.
  std::vector<ControlledCase> Controlled() const {
    std::vector<ControlledCase> controlled;
    for (const PlannedCase& planned : cases()) {
      const CampaignProgram& entry = programs_[static_cast<std::size_t>(planned.program)];
      if (IsReference(*entry.program)) continue;
      controlled.push_back({.role = entry.program->role,
                            .service = entry.program->service,
                            .transport = planned.transport,
                            .requirements = planned.requirements});
    }
    return controlled;
  }

  // What a worker reports: the digest, and the scenario as in the record. Evidence that nobody
  // keeps stays in the worker.
  std::string InLines(RecordedScenario scenario) const {
    const std::string digest = DigestToJson(DigestOf(scenario, options_.excerpts));
    if (options_.record_file.empty() && !options_.timelines) scenario.timeline = {};
    return digest + "\n" + ScenarioToJson(scenario);
  }

  PoolEnd RunPool() {
    DriveOptions drive{.abilities = options_.abilities,
                       .planes = options_.planes,
                       .watchdog_seconds = kUsualWatchdogSeconds * options_.time_scale,
                       .tool_folder = options_.tool_folder,
                       .wrap = options_.wrap,
                       .interactive = options_.interactive,
                       .captures = captures_.get()};
    std::vector<std::string> directories;
    for (const CampaignProgram& entry : programs_) {
      for (const auto& [transport, launch] : entry.program->launch) {
        directories.push_back(BuiltFiles(*entry.manifest).OnHost(launch.directory));
      }
    }
    PrepareToDrive(directories, options_.abilities);
    for (const PlannedCase& planned : cases()) steps_.push_back(planned.sweep > 0 ? 1 : 0);
    // The gates of all programs can start at once; what stands behind one, when it has passed.
    for (std::size_t i = 0; i < cases().size(); ++i) {
      const bool opens = cases()[i].gate || GateOf(cases()[i]) < 0;
      (opens ? runnable_ : waiting_).insert(static_cast<int>(i));
    }
    return RunWorkers(
        {.at_once = options_.interactive ? 1 : options_.jobs,
         .ahead = options_.interactive ? 0 : options_.jobs,
         .deadline_seconds = kWorkerSeconds * options_.time_scale,
         .own_group = !options_.interactive},
        {.next = [this] { return Next(); },
         .turn = [this](int job) { return TurnOf(job); },
         .work =
             [&](int job, const AwaitTurn& await_turn) {
               drive.await_turn = await_turn;
               const auto place = static_cast<std::size_t>(job);
               const PlannedCase& planned = cases()[place];
               const CampaignProgram& entry = programs_[static_cast<std::size_t>(planned.program)];
               drive.capture_file = CaptureName(planned, *entry.program, steps_[place]);
               return InLines(
                   RunCase(planned, steps_[place], *entry.manifest, *entry.program, drive));
             },
         .started =
             [this](int job) {
               if (events_.started) events_.started(cases()[static_cast<std::size_t>(job)]);
             },
         .done = [this](int job, WorkerReport report) { Done(job, std::move(report)); }});
  }

  int GateOf(const PlannedCase& planned) const {
    for (std::size_t i = 0; i < cases().size(); ++i) {
      const PlannedCase& other = cases()[i];
      if (other.gate && other.program == planned.program && other.transport == planned.transport) {
        return static_cast<int>(i);
      }
    }
    return -1;
  }

  // In the order of the plan: program by program. Those behind a gate that is not decided yet can
  // at least make ready.
  std::optional<int> Next() {
    std::set<int>& jobs = runnable_.empty() ? waiting_ : runnable_;
    if (jobs.empty()) return std::nullopt;
    return jobs.extract(jobs.begin()).value();
  }

  Turn TurnOf(int job) const {
    const PlannedCase& planned = cases()[static_cast<std::size_t>(job)];
    const int gate = GateOf(planned);
    if (planned.gate || gate < 0) return Turn::kNow;
    const auto decided = gate_passed_.find(gate);
    if (decided == gate_passed_.end()) return Turn::kLater;
    return decided->second ? Turn::kNow : Turn::kNever;
  }

  void Done(int job, WorkerReport report) {
    const auto place = static_cast<std::size_t>(job);
    const PlannedCase& planned = cases()[place];
    std::optional<RecordedScenario> scenario;
    EvidenceDigest digest;
    std::string line, why = report.death;
    if (why.empty()) {
      try {
        const std::size_t end = report.text.find('\n');
        if (end == std::string::npos) throw std::runtime_error("has no digest");
        digest = DigestFromJson(std::string_view(report.text).substr(0, end));
        line = report.text.substr(end + 1);
        scenario =
            ScenarioFromJson(line, header_, options_.timelines ? Evidence::kRead : Evidence::kSkip);
        if (digest.excerpts.size() != scenario->results.size()) {
          throw std::runtime_error("has a digest of other results");
        }
      } catch (const std::exception& error) {
        why = fmt::format("its text {}", error.what());
        scenario.reset();
      }
    }
    if (!scenario) {
      scenario = UnjudgedCase(planned, steps_[place], ProgramOf(planned), kWorkerDied,
                              Verdict::kError, "the harness's worker failed: " + why);
      scenario->milliseconds = report.milliseconds;
      TakeUnjudged(planned, *scenario);
    } else {
      Take(planned, *scenario, std::move(digest), line);
    }
    if (!Finishes(*scenario, planned)) {
      ++steps_[place];
      runnable_.insert(job);
    }
    if (planned.gate) OpenGate(job);
  }

  void OpenGate(int job) {
    const PlannedCase& gate = cases()[static_cast<std::size_t>(job)];
    const std::string failure = builder_->GateFailure(gate.program, gate.transport);
    gate_passed_[job] = failure.empty();
    for (std::size_t i = 0; i < cases().size(); ++i) {
      const PlannedCase& behind = cases()[i];
      if (behind.gate || behind.program != gate.program || behind.transport != gate.transport) {
        continue;
      }
      const bool not_started = waiting_.erase(static_cast<int>(i)) > 0;
      if (failure.empty()) {
        if (not_started) runnable_.insert(static_cast<int>(i));
      } else {
        Skip(behind, "the ordinary exchange did not pass; see " + failure);
      }
    }
  }

  void Skip(const PlannedCase& planned, const std::string& reason) {
    TakeUnjudged(planned, UnjudgedCase(planned, planned.sweep > 0 ? 1 : 0, ProgramOf(planned),
                                       kSkipped, Verdict::kInconclusive, reason));
  }

  void TakeUnjudged(const PlannedCase& planned, const RecordedScenario& scenario) {
    Take(planned, scenario, DigestOf(scenario), ScenarioToJson(scenario));
  }

  void Take(const PlannedCase& planned, const RecordedScenario& scenario, EvidenceDigest digest,
            const std::string& line) {
    builder_->Add(scenario, std::move(digest));
    writer_->Add(scenario, planned, line);
    if (events_.finished) {
      events_.finished(scenario, writer_->scenarios(), builder_->failures());
    }
  }

  report::Report Finish(bool interrupted) {
    RecordFooter footer;
    footer.interrupted = interrupted;
    footer.complete = static_cast<std::size_t>(writer_->scenarios()) == cases().size();
    footer.seconds = static_cast<double>(MonotonicNanoseconds() - since_) / 1e9;
    if (!footer.complete) {
      footer.incomplete =
          fmt::format("interrupted after {} of {} scenarios", writer_->scenarios(), cases().size());
    }
    writer_->Finish(&footer);
    return builder_->Finish(footer);
  }

  const std::vector<CampaignProgram>& programs_;
  const CampaignOptions& options_;
  const CampaignEvents& events_;
  std::int64_t since_ = 0;
  RecordHeader header_;
  std::optional<ReportBuilder> builder_;
  std::optional<RecordWriter> writer_;
  OwnedFd captures_;                  // the folder
  std::set<int> runnable_, waiting_;  // not started; waiting: behind a gate not decided yet
  std::map<int, bool> gate_passed_;   // by the gate's job, once decided
  std::vector<int> steps_;  // of each case the step that runs next or now; 0 where it is no sweep
};

}  // namespace

report::Report RunCampaign(const std::vector<CampaignProgram>& programs,
                           const CampaignOptions& options, const CampaignEvents& events) {
  return Campaign(programs, options, events).Run();
}

}  // namespace sockspec
