// Writes a record line by line, each with one write() where the system takes it whole.
#include "harness/campaign/record_writer.h"

#include <fcntl.h>

#include "harness/base/error.h"

namespace sockspec {

RecordWriter::RecordWriter(std::string file, const RecordHeader& header) : file_(std::move(file)) {
  if (file_.empty()) return;
  fd_ = OwnedFd(CheckCall(open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666),
                          "open({})", file_));
  Write(HeaderToJson(header));
}

void RecordWriter::Add(const RecordedScenario& scenario, const PlannedCase& planned,
                       const std::string& line) {
  if (Finishes(scenario, planned)) ++scenarios_;
  for (const CheckResult& result : scenario.results) {
    ++counts_[std::string(Name(result.verdict))];
  }
  Write(line);
}

void RecordWriter::Finish(RecordFooter* footer) {
  footer->scenarios = scenarios_;
  footer->counts = counts_;
  Write(FooterToJson(*footer));
}

void RecordWriter::Write(const std::string& line) {
  if (fd_.empty()) return;
  const std::string text = line + "\n";
  for (std::size_t at = 0; at < text.size();) {
    at += static_cast<std::size_t>(
        CheckCall(write(fd_.get(), text.data() + at, text.size() - at), "write({})", file_));
  }
}

}  // namespace sockspec
