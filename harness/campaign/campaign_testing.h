// For tests of the campaign: a small catalogue, and records made by hand.
#pragma once

#include <string>
#include <vector>

#include "harness/campaign/record.h"
#include "harness/testbed/catalogue.h"

namespace sockspec {

// FAM-01 and FAM-02 are gates; TST-01 MUST by practice, TST-02 SHOULD by spec, TST-03 MAY, TST-04
// MUST by spec, otherwise SHOULD.
Catalogue TestCatalogue();

// One server on tcp4, with the scenarios Gate (FAM-01, TST-01) and Other (TST-01 to TST-04).
RecordHeader TestHeader();

CheckResult Found(const std::string& requirement, Verdict verdict, const std::string& reason = "");

// A scenario of that header which ran to its end.
RecordedScenario Ran(const std::string& scenario, std::vector<CheckResult> results);

}  // namespace sockspec
