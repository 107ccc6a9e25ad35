// The few lines of a timeline that prove a verdict.
#pragma once

#include <vector>

#include "harness/base/transport.h"
#include "harness/campaign/record.h"
#include "harness/evidence/timeline.h"
#include "reports/model/report.h"
#include "reports/model/timeline_view.h"

namespace sockspec {

inline constexpr std::size_t kExcerptLines = 14;

// One event as a line of a report. `role` names the program's processes.
report::ExcerptLine ExcerptLineOf(const Event& event, Role role);

// The whole timeline of a case, with a title: "daytimed server on tcp4: Exchanges, complete".
report::CaseTimeline TimelineOf(const RecordedScenario& scenario, const RecordedProgram& program);

// At most kExcerptLines lines in order: the events that a check examined, marked, and what stands
// nearest to them. Of more examined events the first and the last are taken.
std::vector<report::ExcerptLine> MakeExcerpt(const Timeline& timeline,
                                             const std::vector<int>& examined, Role role);

}  // namespace sockspec
