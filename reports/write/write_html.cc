// The report as one self-contained HTML page: no script, nothing from outside.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "reports/write/html_evidence.h"
#include "reports/write/html_tree.h"
#include "reports/write/row_groups.h"
#include "reports/write/visible_text.h"
#include "reports/write/writers.h"

namespace sockspec::report {

namespace {

std::string_view Symbol(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "✓";
    case Verdict::kFail:
      return "✗";
    case Verdict::kInconclusive:
      return "?";
    case Verdict::kNotApplicable:
      return "–";
    case Verdict::kError:
      return "!";
  }
  return "";
}

// A failure that does not count must not look like one that does.
std::string VerdictClass(const Row& row) {
  const bool soft = row.verdict == Verdict::kFail && !TurnsRed(row);
  return soft ? "soft" : std::string(Name(row.verdict));
}

std::string VerdictText(const Row& row) {
  std::string text(Name(row.verdict));
  if (row.waived) {
    text += ", waived";
  } else if (row.verdict == Verdict::kFail && !row.counts) {
    text += ", not counted";
  }
  return text;
}

class Page {
 public:
  explicit Page(const Report& report) : report_(report), summary_(Summarise(report)) {}

  std::string Write() {
    std::string title = "sockspec";
    for (const Program& program : report_.programs) {
      if (title.find(program.implementation) == std::string::npos) {
        title += (title == "sockspec" ? ": " : ", ") + program.implementation;
      }
    }
    pugi::xml_node body = StartPage(&document_, title);
    Banner(body, title);
    main_ = AddElement(body, "div", "page");
    SetAttribute(main_, "role", "main");
    Warnings();
    Facts();
    Programs();
    Failed();
    Sums();
    Matrix();
    Results();
    return Print(&document_);
  }

 private:
  void Banner(pugi::xml_node body, const std::string& title) {
    pugi::xml_node banner =
        AddElement(body, "div", report_.exit_code == 0 ? "banner good" : "banner bad");
    SetAttribute(banner, "role", "banner");
    AddElement(banner, "h1", "", title);
    AddElement(banner, "p", "headline", Headline(report_));
    AddElement(banner, "p", "exit",
               fmt::format("exit {}: {}", report_.exit_code, ExitMeaning(report_.exit_code)));
  }

  void Warnings() {
    for (const std::string& warning : report_.warnings) {
      AddText(Labelled(AddElement(main_, "p", "warning"), "Warning:"), warning);
    }
    if (!report_.complete) {
      AddText(Labelled(AddElement(main_, "p", "warning bad"), "Incomplete:"), report_.incomplete);
    }
  }

  static pugi::xml_node Labelled(pugi::xml_node parent, std::string_view label) {
    AddElement(parent, "strong", "", label);
    AddText(parent, " ");
    return parent;
  }

  void Facts() {
    pugi::xml_node list = AddElement(main_, "dl", "facts");
    const auto fact = [list](std::string_view name, std::string_view value) {
      pugi::xml_node pair = AddElement(list, "div");
      AddElement(pair, "dt", "", name);
      AddElement(pair, "dd", "", value);
    };
    fact("Profile", report_.profile);
    fact("Planes", report_.planes);
    fact("Sandbox", report_.sandbox);
    fact("Host", report_.host);
    fact("Started", report_.started);
    fact("Took", Decimal(report_.seconds) + " s");
    fact("sockspec", report_.tool_version);
    fact("Run", report_.run_id);
  }

  // A table in a box that scrolls by itself; its caption names it.
  pugi::xml_node StartTable(std::string_view css_class, std::string_view caption,
                            const std::vector<std::string_view>& columns) {
    pugi::xml_node box = AddElement(main_, "div", "scroll");
    pugi::xml_node table = AddElement(box, "table", css_class);
    AddElement(table, "caption", "", caption);
    pugi::xml_node row = AddElement(AddElement(table, "thead"), "tr");
    for (std::string_view column : columns) AddHeading(row, "col", column);
    return AddElement(table, "tbody");
  }

  void Programs() {
    AddElement(main_, "h2", "", "Programs");
    pugi::xml_node body = StartTable("plain", "What was tested",
                                     {"Program", "Version", "Service", "Transports", "Command"});
    for (std::size_t i = 0; i < report_.programs.size(); ++i) {
      const Program& program = report_.programs[i];
      pugi::xml_node row = AddElement(body, "tr");
      AddHeading(row, "row", ProgramLabel(report_, i));
      AddElement(row, "td", "", program.version);
      AddElement(row, "td", "", program.service);
      AddElement(row, "td", "", fmt::format("{}", fmt::join(program.transports, " ")));
      AddElement(AddElement(row, "td"), "code", "", program.command);
    }
  }

  static std::string Anchor(std::size_t index) { return fmt::format("r{}", index); }

  std::size_t Index(const Row* row) const { return row - report_.rows.data(); }

  void Failed() {
    FailedList("Failures", Failures::kCounted, "bad");
    FailedList("Failures that are not counted", Failures::kUncounted, "soft");
    FailedList("Waived", Failures::kWaived, "soft");
    ReasonList("Errors of the harness or its host", Verdict::kError);
    ReasonList("Inconclusive", Verdict::kInconclusive);
    Notes();
  }

  void FailedList(std::string_view title, Failures failures, std::string_view css_class) {
    const auto groups = GroupFailures(report_, failures);
    if (groups.empty()) return;
    AddElement(main_, "h2", "", title);
    pugi::xml_node list = AddElement(main_, "ul", fmt::format("failed {}", css_class));
    for (const RowGroup& group : groups) {
      const Row& row = *group.front();
      pugi::xml_node item = AddElement(list, "li");
      pugi::xml_node link = AddElement(item, "a", "id", row.requirement);
      SetAttribute(link, "href", "#" + Anchor(Index(&row)));
      AddText(item, " ");
      AddElement(item, "span", "level", Name(row.level));
      AddText(item, " ");
      AddElement(item, "strong", "", row.reason);
      AddText(item, " ");
      AddElement(item, "span", "where",
                 fmt::format("{} on {}; {}", ProgramLabel(report_, row.program), Transports(group),
                             row.waived ? row.waiver : ShortSource(row)));
    }
  }

  void ReasonList(std::string_view title, Verdict verdict) {
    const auto groups = GroupByReason(report_, verdict);
    if (groups.empty()) return;
    AddElement(main_, "h2", "", title);
    pugi::xml_node list = AddElement(main_, "ul", "failed other");
    for (const RowGroup& group : groups) {
      pugi::xml_node item = AddElement(list, "li");
      AddElement(item, "strong", "", group.front()->reason);
      pugi::xml_node where = AddElement(item, "span", "where");
      AddText(where, ProgramLabel(report_, group.front()->program) + ": ");
      for (const Row* row : group) {
        pugi::xml_node link = AddElement(where, "a", "id", row->requirement);
        SetAttribute(link, "href", "#" + Anchor(Index(row)));
        AddText(where, " " + row->transport + (row == group.back() ? "" : ", "));
      }
    }
  }

  void Notes() {
    const auto notes = GroupNotes(report_);
    if (notes.empty()) return;
    AddElement(main_, "h2", "", "Notes");
    pugi::xml_node list = AddElement(main_, "ul", "failed other");
    for (const NoteGroup& group : notes) {
      const Row& row = *group.rows.front();
      pugi::xml_node item = AddElement(list, "li");
      pugi::xml_node link = AddElement(item, "a", "id", row.requirement);
      SetAttribute(link, "href", "#" + Anchor(Index(&row)));
      AddText(item, " " + group.note);
      AddElement(item, "span", "where",
                 ProgramLabel(report_, row.program) + " on " + Transports(group.rows));
    }
  }

  void Sums() {
    AddElement(main_, "h2", "", "Summary");
    pugi::xml_node page = main_;
    main_ = AddElement(page, "div", "sums");
    SumTable("By step of the life cycle", "Step", summary_.by_step);
    SumTable("By area", "Area", summary_.by_area);
    SumTable("By level", "Level", summary_.by_level);
    SumTable("By program", "Program", summary_.by_program);
    main_ = page;
  }

  void SumTable(std::string_view caption, std::string_view key,
                const std::vector<std::pair<std::string, Counts>>& sums) {
    pugi::xml_node body =
        StartTable("sum", caption, {key, "pass", "fail", "error", "inconclusive", "n/a", "share"});
    for (const auto& [name, counts] : sums) {
      pugi::xml_node row = AddElement(body, "tr");
      AddHeading(row, "row", name);
      for (int count :
           {counts.pass, counts.fail, counts.error, counts.inconclusive, counts.not_applicable}) {
        AddElement(row, "td", count == 0 ? "number zero" : "number", std::to_string(count));
      }
      Bar(AddElement(row, "td"), counts);
    }
  }

  // The same numbers for the eye alone.
  static void Bar(pugi::xml_node cell, const Counts& counts) {
    pugi::xml_node bar = AddElement(cell, "div", "bar");
    SetAttribute(bar, "aria-hidden", "true");
    const std::pair<Verdict, int> parts[] = {{Verdict::kPass, counts.pass},
                                             {Verdict::kFail, counts.fail},
                                             {Verdict::kError, counts.error},
                                             {Verdict::kInconclusive, counts.inconclusive},
                                             {Verdict::kNotApplicable, counts.not_applicable}};
    for (const auto& [verdict, count] : parts) {
      if (count == 0) continue;
      pugi::xml_node part = AddElement(bar, "span", Name(verdict));
      SetAttribute(part, "style", fmt::format("width:{:.2f}%", 100.0 * count / counts.total()));
    }
  }

  // Requirements down, programs and transports across; each cell leads to its evidence.
  void Matrix() {
    std::vector<std::pair<int, std::string>> columns;
    std::vector<std::string> requirements;
    std::map<std::string, std::map<std::pair<int, std::string>, std::size_t>> cells;
    for (std::size_t i = 0; i < report_.rows.size(); ++i) {
      const Row& row = report_.rows[i];
      const std::pair<int, std::string> column(row.program, row.transport);
      if (columns.empty() || columns.back() != column) columns.push_back(column);
      const auto [line, is_new] = cells.try_emplace(row.requirement);
      if (is_new) requirements.push_back(row.requirement);
      line->second.emplace(column, i);
    }
    std::sort(requirements.begin(), requirements.end());
    AddElement(main_, "h2", "", "Matrix");
    pugi::xml_node key = AddElement(main_, "p", "key");
    for (Verdict verdict : {Verdict::kPass, Verdict::kFail, Verdict::kError, Verdict::kInconclusive,
                            Verdict::kNotApplicable}) {
      AddElement(key, "span", fmt::format("cell {}", Name(verdict)), Symbol(verdict));
      AddText(key, fmt::format(" {}  ", Name(verdict)));
    }
    AddElement(key, "span", "cell soft", Symbol(Verdict::kFail));
    AddText(key, " fail, not counted or waived");
    pugi::xml_node body = StartTable("matrix", "Verdict of each requirement", {"Requirement"});
    pugi::xml_node head = body.parent().child("thead").child("tr");
    for (const auto& [program, transport] : columns) {
      AddHeading(head, "col", fmt::format("{} {}", ProgramLabel(report_, program), transport));
    }
    for (const std::string& requirement : requirements) {
      pugi::xml_node line = AddElement(body, "tr");
      AddHeading(line, "row", requirement);
      for (const auto& column : columns) {
        const auto& known = cells[requirement];
        const auto cell = known.find(column);
        pugi::xml_node data = AddElement(line, "td");
        if (cell != known.end()) MatrixCell(data, cell->second);
      }
    }
  }

  void MatrixCell(pugi::xml_node data, std::size_t index) {
    const Row& row = report_.rows[index];
    pugi::xml_node link = AddElement(data, "a", "cell " + VerdictClass(row), Symbol(row.verdict));
    SetAttribute(link, "href", "#" + Anchor(index));
    SetAttribute(link, "aria-label",
                 fmt::format("{} on {}: {}", row.requirement, row.transport, VerdictText(row)));
    SetAttribute(link, "title", row.reason.empty() ? VerdictText(row) : row.reason);
  }

  void Results() {
    AddElement(main_, "h2", "", "Requirements");
    const Row* last = nullptr;
    for (std::size_t i = 0; i < report_.rows.size(); ++i) {
      const Row& row = report_.rows[i];
      if (last == nullptr || last->program != row.program || last->transport != row.transport) {
        AddElement(main_, "h3", "",
                   fmt::format("{} on {}", ProgramLabel(report_, row.program), row.transport));
      }
      Result(row, i);
      last = &row;
    }
  }

  void Result(const Row& row, std::size_t index) {
    pugi::xml_node block = AddElement(main_, "div", "result " + VerdictClass(row));
    SetAttribute(block, "id", Anchor(index));
    pugi::xml_node fold = AddElement(block, "input", "fold");
    SetAttribute(fold, "type", "checkbox");
    SetAttribute(fold, "id", fmt::format("f{}", index));
    SetAttribute(fold, "aria-label",
                 fmt::format("Details of {} on {}", row.requirement, row.transport));
    if (row.verdict == Verdict::kFail && TurnsRed(row)) SetAttribute(fold, "checked", "checked");
    pugi::xml_node head = AddElement(block, "label", "head");
    SetAttribute(head, "for", fmt::format("f{}", index));
    AddElement(head, "span", "badge " + VerdictClass(row), VerdictText(row));
    AddText(head, " ");
    AddElement(head, "strong", "id", row.requirement);
    AddText(head, " ");
    AddElement(head, "span", "level", Name(row.level));
    AddText(head, " ");
    AddElement(head, "span", "", row.statement);
    AddEvidence(report_, row, AddElement(block, "div", "body"));
  }

  const Report& report_;
  const Summary summary_;
  pugi::xml_document document_;
  pugi::xml_node main_;
};

}  // namespace

std::string WriteHtml(const Report& report) { return Page(report).Write(); }

}  // namespace sockspec::report
