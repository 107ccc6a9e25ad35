// The evidence behind one verdict, on the HTML page.
#pragma once

#include <pugixml.hpp>

#include "reports/model/report.h"

namespace sockspec::report {

// What folds out under a requirement: reason, expected and observed, source, hint, the timeline in
// two lanes, the program's output, the command that repeats the case.
void AddEvidence(const Report& report, const Row& row, pugi::xml_node body);

}  // namespace sockspec::report
