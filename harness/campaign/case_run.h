// One planned case, from launch to its line of the record; and the lines of cases that were not
// run.
#pragma once

#include <string>

#include "harness/campaign/plan.h"
#include "harness/campaign/record.h"
#include "harness/manifest/manifest.h"
#include "harness/testbed/drive.h"

namespace sockspec {

// Drives the scenario (of a sweep the step; else 0) and judges its evidence. Enters a sandbox: once
// in a process, in a worker.
RecordedScenario RunCase(const PlannedCase& planned, int step, const Manifest& manifest,
                         const Program& program, const DriveOptions& options);

// A case (of a sweep a step) that was not run or left nothing: each of its requirements gets
// `verdict` and `reason`.
RecordedScenario UnjudgedCase(const PlannedCase& planned, int step, const Program& program,
                              std::string_view outcome, Verdict verdict, const std::string& reason);

// Judges the stored evidence anew; what has none keeps its results. A sweep that has reached its
// bound and still found a call passes nothing.
void JudgeAgain(const PlannedCase& planned, RecordedScenario* scenario);

}  // namespace sockspec
