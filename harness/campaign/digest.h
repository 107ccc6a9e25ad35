// What reports show of a scenario's evidence: some lines of the timeline for each result, and what
// the program printed. It is made where the evidence is, in the worker, so that the campaign's
// process reads and keeps no more than this.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/campaign/record.h"
#include "reports/model/report.h"

namespace sockspec {

struct EvidenceDigest {
  std::vector<std::vector<report::ExcerptLine>> excerpts;  // of each result, in their order
  std::optional<report::Log> log;  // where a result is worse than a pass and the program printed
};

// Without excerpts of passes where no report shows them.
enum class Excerpts { kAll, kNoPasses };
EvidenceDigest DigestOf(const RecordedScenario& scenario, Excerpts excerpts = Excerpts::kAll);

// One line, and back. Throws std::runtime_error or nlohmann's exceptions for what is malformed.
std::string DigestToJson(const EvidenceDigest& digest);
EvidenceDigest DigestFromJson(std::string_view line);

}  // namespace sockspec
