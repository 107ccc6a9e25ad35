// A campaign: runs the planned scenarios of some programs in workers, keeps the record, makes the
// report.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/campaign/digest.h"
#include "harness/campaign/record.h"
#include "harness/campaign/verdicts.h"
#include "harness/manifest/manifest.h"
#include "harness/testbed/drive.h"
#include "reports/model/report.h"

namespace sockspec {

struct CampaignProgram {
  const Manifest* manifest = nullptr;
  const Program* program = nullptr;
  std::vector<std::string> repeat;  // see RecordedProgram
};

struct CampaignOptions {
  std::vector<std::string> patterns;  // of --select
  std::vector<Transport> transports;  // empty: all that are declared
  Profile profile = Profile::kRobust;
  Planes planes = Planes::kAll;
  int jobs = 1;
  double time_scale = 1;
  bool control = true;      // judge the reference first where it was not judged here
  std::string record_file;  // "": none is written
  // A capture of each case's packets is written here; made where it is missing. "": none is.
  std::string capture_folder;
  Excerpts excerpts = Excerpts::kAll;  // of the report
  bool timelines = false;  // CampaignEvents::finished is given the scenarios with theirs
  HostAbilities abilities;
  std::string tool_folder;
  std::vector<std::string> wrap;
  bool interactive = false;
};

// What the caller may watch.
struct CampaignEvents {
  std::function<void(const RecordHeader&)> planned;
  std::function<void(const PlannedCase&)> started;
  std::function<void(const RecordedScenario&, int done, int failures)> finished;
};

// Throws NothingSelected, and ProgramNotExecutable before the first scenario. An interrupted
// campaign ends in a partial report that says so.
report::Report RunCampaign(const std::vector<CampaignProgram>& programs,
                           const CampaignOptions& options, const CampaignEvents& events = {});

}  // namespace sockspec
