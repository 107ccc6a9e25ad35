// The progress of a campaign: one line on standard error, where that is a terminal.
#pragma once

#include <set>
#include <string>

#include "harness/campaign/campaign.h"

namespace sockspec {

class Progress {
 public:
  explicit Progress(bool quiet);
  ~Progress();  // takes the line away
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Planned(int total);
  void Started(const PlannedCase& planned);
  void Finished(const RecordedScenario& scenario, int done, int failures);

 private:
  void Draw();

  const bool shown_;
  int total_ = 0, done_ = 0, failures_ = 0;
  std::set<std::string> running_;
};

}  // namespace sockspec
