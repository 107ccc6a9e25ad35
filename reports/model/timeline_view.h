// The whole timeline of one case, for people: what --trace-log shows.
#pragma once

#include <string>
#include <vector>

#include "reports/model/report.h"

namespace sockspec::report {

// Which way something went over the wire.
enum class Flow { kNone, kToProgram, kFromProgram };

struct TimelineLine : ExcerptLine {
  Flow flow = Flow::kNone;
};

struct CaseTimeline {
  std::string title;  // "daytimed server on tcp4: Exchanges, complete". Untrusted
  std::string role;   // of the program: "server" "client"
  std::vector<TimelineLine> lines;
};

}  // namespace sockspec::report
