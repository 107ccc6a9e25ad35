// Cuts evidence down to what reports show.
#include "harness/campaign/digest.h"

#include <algorithm>

#include "harness/base/text.h"
#include "harness/campaign/excerpt.h"
#include "harness/campaign/launch_spec_json.h"

namespace sockspec {
namespace {

constexpr std::size_t kLogBytes = 64 << 10;

std::string Cut(std::string text, bool* cut) {
  if (text.size() <= kLogBytes) return text;
  *cut = true;
  return text.substr(text.size() - kLogBytes);
}

// What the program printed, over all launches of the scenario.
std::optional<report::Log> LogOf(const RecordedScenario& scenario) {
  int runs = 0;
  for (const Event& event : scenario.timeline.events()) runs = std::max(runs, event.run + 1);
  std::string output, error;
  for (int run = 0; run < runs; ++run) {
    output += scenario.timeline.Output(run, 1);
    error += scenario.timeline.Output(run, 2);
  }
  if (output.empty() && error.empty()) return std::nullopt;
  report::Log log{.program = scenario.program,
                  .scenario = scenario.scenario,
                  .transport = std::string(Name(scenario.transport))};
  log.standard_output = Cut(std::move(output), &log.cut);
  log.standard_error = Cut(std::move(error), &log.cut);
  return log;
}

}  // namespace

EvidenceDigest DigestOf(const RecordedScenario& scenario, Excerpts excerpts) {
  EvidenceDigest digest;
  bool passed_all = true;
  for (const CheckResult& result : scenario.results) {
    const bool passed =
        result.verdict == Verdict::kPass || result.verdict == Verdict::kNotApplicable;
    passed_all = passed_all && passed;
    digest.excerpts.emplace_back();
    if (passed && excerpts == Excerpts::kNoPasses) continue;
    digest.excerpts.back() = MakeExcerpt(scenario.timeline, result.events, scenario.subject.role);
  }
  if (!passed_all) digest.log = LogOf(scenario);
  return digest;
}

std::string DigestToJson(const EvidenceDigest& digest) {
  Json json = {{"excerpts", Json::array()}};
  for (const std::vector<report::ExcerptLine>& excerpt : digest.excerpts) {
    Json lines = Json::array();
    for (const report::ExcerptLine& line : excerpt) {
      lines.push_back(
          {line.milliseconds, line.plane, line.actor, BytesToUtf8(line.text), line.marked});
    }
    json["excerpts"].push_back(std::move(lines));
  }
  if (digest.log) {
    json["log"] = {{"program", digest.log->program},
                   {"scenario", digest.log->scenario},
                   {"transport", digest.log->transport},
                   {"output", BytesToUtf8(digest.log->standard_output)},
                   {"error", BytesToUtf8(digest.log->standard_error)},
                   {"cut", digest.log->cut}};
  }
  return json.dump();
}

EvidenceDigest DigestFromJson(std::string_view line) {
  const Json json = Json::parse(line);
  EvidenceDigest digest;
  for (const Json& lines : json.at("excerpts")) {
    std::vector<report::ExcerptLine>& excerpt = digest.excerpts.emplace_back();
    for (const Json& entry : lines) {
      excerpt.push_back({.milliseconds = entry.at(0).get<double>(),
                         .plane = entry.at(1).get<std::string>(),
                         .actor = entry.at(2).get<std::string>(),
                         .text = Utf8ToBytes(entry.at(3).get<std::string>()),
                         .marked = entry.at(4).get<bool>()});
    }
  }
  if (const auto log = json.find("log"); log != json.end()) {
    digest.log = report::Log{.program = log->at("program").get<int>(),
                             .scenario = log->at("scenario").get<std::string>(),
                             .transport = log->at("transport").get<std::string>(),
                             .standard_output = Utf8ToBytes(log->at("output").get<std::string>()),
                             .standard_error = Utf8ToBytes(log->at("error").get<std::string>()),
                             .cut = log->at("cut").get<bool>()};
  }
  return digest;
}

}  // namespace sockspec
