// Rows that say the same thing, so that a reader meets it once.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "reports/model/report.h"

namespace sockspec::report {

// Pointers into the report; never empty.
using RowGroup = std::vector<const Row*>;

enum class Failures {
  kCounted,    // they turn the run red
  kUncounted,  // a SHOULD under the robust profile
  kWaived      // what the manifest waives and did not pass, whatever the verdict
};

// One group for each program and requirement that fails alike on several transports.
std::vector<RowGroup> GroupFailures(const Report& report, Failures failures);

// The rows of one verdict that Failures::kWaived does not hold, by program and equal reason;
// reasons that turn the run red come first.
std::vector<RowGroup> GroupByReason(const Report& report, Verdict verdict);

// One group for each program, requirement and note.
struct NoteGroup {
  std::string note;
  RowGroup rows;
};
std::vector<NoteGroup> GroupNotes(const Report& report);

// "tcp4, tcp6"
std::string Transports(const RowGroup& group);

// The ids of a group by transport: {"tcp4, tcp6", "ACC-01 ACC-02"}.
std::vector<std::pair<std::string, std::string>> IdsByTransport(const RowGroup& group);

// The first of several sources, without the remark in brackets behind it: "RFC 2525 s.2.17".
std::string ShortSource(const Row& row);

// What the program printed in the scenario that decided this row; null if nothing was kept.
const Log* FindLog(const Report& report, const Row& row);

}  // namespace sockspec::report
