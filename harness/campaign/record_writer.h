// Writes a record as the campaign goes on, so that what was seen is not lost when it is cut off.
#pragma once

#include <cstdio>
#include <string>

#include "harness/base/owned_fd.h"
#include "harness/campaign/record.h"

namespace sockspec {

class RecordWriter {
 public:
  // Writes the header. An empty file name: nothing is written, only counted.
  RecordWriter(std::string file, const RecordHeader& header);
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;

  // `line` is the scenario's line of the record.
  void Add(const RecordedScenario& scenario, const PlannedCase& planned, const std::string& line);
  // Fills in the counts and writes the footer.
  void Finish(RecordFooter* footer);
  int scenarios() const { return scenarios_; }  // finished ones of the plan

 private:
  void Write(const std::string& line);

  const std::string file_;
  OwnedFd fd_;
  int scenarios_ = 0;
  std::map<std::string, int> counts_;
};

}  // namespace sockspec
