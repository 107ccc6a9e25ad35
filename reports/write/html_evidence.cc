// The evidence behind one verdict, on the HTML page.
#include "reports/write/html_evidence.h"

#include <fmt/format.h>

#include "reports/write/html_tree.h"
#include "reports/write/row_groups.h"
#include "reports/write/visible_text.h"

namespace sockspec::report {

namespace {

// Two lanes: what the harness did on the left, what the program did on the right.
void Ladder(const Report& report, const Row& row, pugi::xml_node body) {
  const bool known =
      row.program >= 0 && static_cast<std::size_t>(row.program) < report.programs.size();
  const std::string role = known ? report.programs[row.program].role : "program";
  pugi::xml_node table = AddElement(AddElement(body, "div", "scroll"), "table", "ladder");
  AddElement(table, "caption", "", "Timeline");
  pugi::xml_node head = AddElement(AddElement(table, "thead"), "tr");
  for (std::string_view column : {"ms", "plane", "harness"}) AddHeading(head, "col", column);
  AddHeading(head, "col", role);
  pugi::xml_node lines = AddElement(table, "tbody");
  for (const ExcerptLine& line : row.excerpt) {
    pugi::xml_node tr = AddElement(lines, "tr", line.marked ? "marked" : "");
    AddElement(tr, "td", "number", Decimal(line.milliseconds));
    AddElement(AddElement(tr, "td"), "span", "plane", line.plane);
    const bool harness = line.actor == "harness";
    pugi::xml_node left = AddElement(tr, "td", "lane");
    pugi::xml_node right = AddElement(tr, "td", "lane");
    const std::string who =
        harness || line.actor == role || line.actor.empty() ? "" : line.actor + ": ";
    pugi::xml_node text =
        AddElement(harness ? left : right, line.marked ? "strong" : "span", "", who + line.text);
    if (line.marked) SetAttribute(text, "title", "the check looked at this");
  }
}

void Stream(pugi::xml_node body, std::string_view name, const std::string& text, bool cut) {
  if (text.empty()) return;
  AddElement(body, "p", "small", fmt::format("{}{}:", name, cut ? " (cut)" : ""));
  AddPre(body, "log", Last(text, kFileLogBytes));
}

void Logs(const Report& report, const Row& row, pugi::xml_node body) {
  const Log* log = FindLog(report, row);
  if (log == nullptr) return;
  Stream(body, "Standard output", log->standard_output, log->cut);
  Stream(body, "Standard error", log->standard_error, log->cut);
}

}  // namespace

void AddEvidence(const Report& report, const Row& row, pugi::xml_node body) {
  if (!row.reason.empty()) AddElement(body, "p", "reason", row.reason);
  pugi::xml_node list = AddElement(body, "dl", "details");
  const auto item = [list](std::string_view name, std::string_view value,
                           std::string_view css_class = "") {
    if (value.empty()) return;
    AddElement(list, "dt", "", name);
    AddElement(list, "dd", css_class, value);
  };
  item("Expected", row.expected, "expected");
  item("Observed", row.observed, "observed");
  item("Source", row.source);
  item("Obliged by", row.obliged_by);
  item("Hint", row.hint, "hint");
  item("Waived", row.waiver);
  for (const std::string& note : row.notes) item("Note", note);
  item("Step", row.step);
  item("Scenario", fmt::format("{} ({} ms)", row.scenario, Decimal(row.milliseconds)));
  if (!row.file.empty()) item("Check", fmt::format("{}:{}", row.file, row.line));
  if (!row.excerpt.empty()) Ladder(report, row, body);
  if (row.verdict == Verdict::kFail) Logs(report, row, body);
  if (!row.repeat.empty()) {
    AddElement(body, "p", "small", "Repeat this case:");
    AddPre(body, "repeat", row.repeat);
  }
}

}  // namespace sockspec::report
