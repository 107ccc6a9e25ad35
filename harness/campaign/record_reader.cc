// Reads a record line by line: strict about what is there, plain about what is missing.
#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <iostream>
#include <map>
#include <tuple>

#include "harness/base/error.h"
#include "harness/campaign/record.h"

namespace sockspec {
namespace {

class Reader {
 public:
  Reader(std::string file, const RecordVisitor& visitor)
      : file_(std::move(file)), visitor_(visitor) {}

  RecordFooter Read(std::istream& stream) {
    std::string line;
    while (std::getline(stream, line)) {
      ++number_;
      const bool whole = !stream.eof();
      // A writer that was stopped leaves its last line open.
      if (!whole && number_ > 1 && !IsWholeLine(line)) return CutOff();
      Take(line);
    }
    if (number_ == 0) throw RecordError(fmt::format("{}: is empty; it is no record", file_));
    return footer_ ? *footer_ : CutOff();
  }

 private:
  void Take(const std::string& line) {
    try {
      if (footer_) throw std::runtime_error("stands after the footer");
      if (number_ == 1) {
        header_ = HeaderFromJson(line);
        for (const PlannedCase& planned : header_.plan.cases) {
          missing_[KeyOf(planned)] = {&planned, planned.sweep > 0 ? 1 : 0};
        }
        planned_ = missing_.size();
        visitor_.header(header_);
      } else if (KindOf(line) == "footer") {
        footer_ = FooterFromJson(line);
        if (footer_->complete && !missing_.empty()) {
          throw std::runtime_error(
              fmt::format("calls the record complete, but {} of {} scenarios "
                          "are missing",
                          missing_.size(), planned_));
        }
      } else {
        RecordedScenario scenario = ScenarioFromJson(line, header_);
        Expect(scenario);
        visitor_.scenario(std::move(scenario));
      }
    } catch (const RecordError&) {
      throw;
    } catch (const std::exception& error) {
      throw RecordError(fmt::format("{}:{}: {}", file_, number_, error.what()));
    }
  }

  // Each planned scenario once; of a sweep its steps in their order.
  void Expect(const RecordedScenario& scenario) {
    const auto found = missing_.find(KeyOf(scenario));
    if (found == missing_.end()) {
      throw std::runtime_error(fmt::format("{} on {} was not planned, or is there twice",
                                           scenario.scenario, Name(scenario.transport)));
    }
    auto& [planned, next_step] = found->second;
    if (scenario.step != next_step) {
      throw std::runtime_error(fmt::format("{} on {} has step {}, where step {} comes next",
                                           scenario.scenario, Name(scenario.transport),
                                           scenario.step, next_step));
    }
    ++next_step;
    if (Finishes(scenario, *planned)) missing_.erase(found);
  }

  RecordFooter CutOff() const {
    return {.complete = false,
            .incomplete = fmt::format("the record is cut off after {} of {} scenarios",
                                      planned_ - missing_.size(), planned_),
            .scenarios = static_cast<int>(planned_ - missing_.size())};
  }

  using Key = std::tuple<int, Transport, std::string>;
  template <typename Case>
  static Key KeyOf(const Case& of) {
    return {of.program, of.transport, of.scenario};
  }

  const std::string file_;
  const RecordVisitor& visitor_;
  int number_ = 0;
  RecordHeader header_;
  std::map<Key, std::pair<const PlannedCase*, int>> missing_;  // and the step that comes next
  std::size_t planned_ = 0;
  std::optional<RecordFooter> footer_;
};

}  // namespace

RecordFooter ReadRecord(const std::string& file, const RecordVisitor& visitor) {
  if (file == "-") return Reader("standard input", visitor).Read(std::cin);
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw RecordError(fmt::format("{}: cannot be read ({})", file, ErrnoName(errno)));
  return Reader(file, visitor).Read(stream);
}

}  // namespace sockspec
