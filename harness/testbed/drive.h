// Driving one scenario in the calling worker process: sandbox, program, peers, evidence.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/evidence/timeline.h"
#include "harness/manifest/manifest.h"
#include "harness/sandbox/sandbox.h"
#include "harness/testbed/check.h"
#include "harness/testbed/scenario.h"

namespace sockspec {

inline constexpr double kUsualWatchdogSeconds = 20;

// The highest tier of evidence asked for.
enum class Planes { kAll, kKernel, kWire };

// What the campaign decides for all its scenarios.
struct DriveOptions {
  HostAbilities abilities;
  Planes planes = Planes::kAll;
  double watchdog_seconds = kUsualWatchdogSeconds;  // of each wait, time scale included
  std::string tool_folder;        // first on PATH: the reference programs are found there
  std::vector<std::string> wrap;  // put before the program's command: --wrap, --debugger
  bool interactive = false;       // --debugger: the program keeps the terminal; untraced
  // The packets of a case go into this file of the folder with that descriptor, which was opened
  // outside the sandbox. -1: they are not captured. No file comes of what has none.
  int captures = -1;
  std::string capture_file;
  // Called in the sandbox, before the first step: blocks until the scenario may begin, and returns
  // since when (MonotonicNanoseconds()). Empty: at once.
  std::function<std::int64_t()> await_turn;
};

enum class DriveEnd {
  kComplete,       // the scenario ran to its end
  kNotReady,       // the server never served
  kDeadline,       // the watchdog ended it
  kNotObservable,  // it needs what this host, or the command line, does not give: reason
  kNotExecutable,  // exec failed: exit status 4
  kHarnessError    // an exception: reason
};
std::string_view Name(DriveEnd end);
std::optional<DriveEnd> ParseDriveEnd(std::string_view name);

struct Drive {
  DriveEnd end = DriveEnd::kHarnessError;
  std::string reason;
  std::int64_t began = 0;  // when it was its turn, or when it began
  Timeline timeline;
  bool goes_on = false;  // of a sweep: a fault hit a call, so that there may be a further one
  std::int64_t uncaptured = 0;  // packets that are missing in its capture
  // Milliseconds: "namespaces", "ready", "exchange", "teardown".
  std::map<std::string, double> phases;
};

// What a scenario on that transport is about: parameters from the manifest, defaults filled.
Subject MakeSubject(const Program& program, Transport transport, const DriveOptions& options);

// What stays visible in a sandbox though below a hidden place: what the manifest lists, what PATH
// needs of the home, and the folder of the program, which is looked up from `directory`.
std::vector<std::string> ReadableFolders(const Manifest& manifest, const std::string& program_name,
                                         const std::string& directory,
                                         const std::string& tool_folder);

// What the manifest's build commands have left, as sandboxes show it.
StandIn BuiltFiles(const Manifest& manifest);

// Makes what every worker needs and inherits; once, in the process that forks them. `directories`
// are the working directories of the programs.
void PrepareToDrive(const std::vector<std::string>& directories, const HostAbilities& abilities);

// Enters a sandbox (so: once in a process), drives the scenario, tears the sandbox down. Never
// throws: trouble of the harness's own is kHarnessError.
Drive DriveScenario(const ScenarioInfo& scenario, const Manifest& manifest, const Subject& subject,
                    const DriveOptions& options);

}  // namespace sockspec
