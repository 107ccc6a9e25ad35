// The writers: pure functions of a report.
//
// Whatever the program under test printed is untrusted: every writer escapes it for its format.
#pragma once

#include <string>

#include "reports/model/report.h"
#include "reports/model/timeline_view.h"

namespace sockspec::report {

struct TerminalOptions {
  bool colour = false;
  int width = 100;
  bool verbose = false;  // passes too, and excerpts of them
};
enum class JunitDialect { kDefault, kStrict };  // strict: valid against Jenkins' junit-10.xsd

std::string WriteTerminal(const Report& report, const TerminalOptions& options);

// Columns: a line an event. Ladder: what the client does on the left, the server on the right, and
// what goes over the wire as arrows between.
enum class TimelineForm { kColumns, kLadder };
std::string WriteTimeline(const CaseTimeline& timeline, TimelineForm form,
                          const TerminalOptions& options);

std::string WriteJson(const Report& report);  // one object; reports/schema/report.schema.json
std::string WriteJunit(const Report& report, JunitDialect dialect);
std::string WriteMarkdown(const Report& report);
std::string WriteHtml(const Report& report);  // self-contained: no script, no outside resource

}  // namespace sockspec::report
