// The report for people at a terminal: what went wrong first, sums after it, the result last.
#include <fmt/format.h>

#include <algorithm>

#include "reports/write/row_groups.h"
#include "reports/write/terminal_page.h"
#include "reports/write/visible_text.h"
#include "reports/write/writers.h"

namespace sockspec::report {

namespace {

constexpr std::size_t kLogLines = 8;

std::string Count(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

class Terminal {
 public:
  Terminal(const Report& report, const TerminalOptions& options)
      : report_(report), options_(options), page_(options.colour, options.width) {}

  std::string Write() {
    Header();
    Warnings();
    FailureSection("failed", Failures::kCounted, Paint::kRed);
    FailureSection("failed, not counted", Failures::kUncounted, Paint::kYellow);
    ReasonSection("error", "errors", Verdict::kError, Paint::kRed);
    ReasonSection("inconclusive", "inconclusive", Verdict::kInconclusive, Paint::kYellow);
    Waived();
    Notes();
    if (options_.verbose) {
      ReasonSection("not applicable", "not applicable", Verdict::kNotApplicable, Paint::kDim);
      Passes();
    }
    Sums();
    Result();
    return page_.text();
  }

 private:
  void Warnings() {
    for (const std::string& warning : report_.warnings) {
      page_.Wrapped({{"warning: ", Paint::kYellow}}, Visible(warning), Paint::kPlain, 9);
    }
    if (!report_.complete) {
      page_.Wrapped({{"incomplete: ", Paint::kRed}}, Visible(report_.incomplete), Paint::kPlain,
                    12);
    }
  }

  void Header() {
    page_.Wrapped({{fmt::format("sockspec {}  ", Visible(report_.tool_version)), Paint::kBold},
                   {"planes ", Paint::kDim}},
                  Visible(report_.planes), Paint::kPlain, 2);
    page_.Field("started", Visible(report_.started));
    page_.Field("host", Visible(report_.host));
    page_.Field("sandbox", Visible(report_.sandbox));
    for (std::size_t i = 0; i < report_.programs.size(); ++i) {
      const Program& program = report_.programs[i];
      page_.Field(
          "program",
          Visible(fmt::format("{}{}{}, {} on {}: {}", ProgramLabel(report_, i),
                              program.version.empty() ? "" : " ", program.version, program.service,
                              fmt::join(program.transports, " "), program.command)));
    }
  }

  void FailureSection(std::string_view title, Failures failures, Paint paint) {
    const auto groups = GroupFailures(report_, failures);
    if (groups.empty()) return;
    std::size_t rows = 0;
    for (const RowGroup& group : groups) rows += group.size();
    Section(fmt::format("{} {}", rows, title), paint);
    for (const RowGroup& group : groups) {
      page_.Blank();
      FailureBlock(group, failures == Failures::kCounted || options_.verbose, paint);
    }
  }

  void Section(std::string_view title, Paint paint) {
    page_.Blank();
    page_.Rule(title, paint);
  }

  void FailureBlock(const RowGroup& group, bool whole, Paint paint) {
    const Row& row = *group.front();
    page_.Wrapped({{"✗ ", paint},
                   {Visible(row.requirement), Paint::kBold},
                   {fmt::format(" {}  ", Name(row.level)), paint},
                   {Visible(ShortSource(row)) + "  ", Paint::kDim}},
                  Visible(row.reason), Paint::kBold, 2);
    page_.Field("where", Where(group));
    page_.Field("expected", Visible(PageText(row.expected)), Paint::kGreen);
    page_.Field("observed", Visible(PageText(row.observed)), Paint::kRed);
    if (whole) {
      page_.Field("required", Visible(row.statement));
      if (ShortSource(row) != row.source) page_.Field("source", Visible(row.source));
      Ladder(row);
      LogTail(row);
      page_.Field("check",
                  row.file.empty() ? "" : Visible(fmt::format("{}:{}", row.file, row.line)));
    }
    page_.Field("hint", Visible(row.hint), Paint::kCyan);
    Repeat(row);
  }

  // Never wrapped, so that one can copy it.
  void Repeat(const Row& row) {
    if (!row.repeat.empty()) page_.Line("  repeat: " + Visible(row.repeat));
  }

  std::string Where(const RowGroup& group) {
    const Row& row = *group.front();
    return Visible(fmt::format("{} on {}, scenario {}", ProgramLabel(report_, row.program),
                               Transports(group), row.scenario));
  }

  void Ladder(const Row& row) {
    std::size_t plane = 0, actor = 0;
    for (const ExcerptLine& line : row.excerpt) {
      plane = std::max(plane, Columns(Visible(line.plane)));
      actor = std::max(actor, Columns(Visible(line.actor)));
    }
    for (std::size_t i = 0; i < row.excerpt.size(); ++i) {
      const ExcerptLine& line = row.excerpt[i];
      const std::string label = i == 0 ? "timeline" : "";
      const std::string head = fmt::format("{:>9} ms  {:<{}}  {:<{}}  ", Decimal(line.milliseconds),
                                           Visible(line.plane), plane, Visible(line.actor), actor);
      const Paint paint = line.marked ? Paint::kYellow : Paint::kPlain;
      page_.Wrapped({{fmt::format("  {:<12}", label), Paint::kDim},
                     {line.marked ? "▶ " : "│ ", paint},
                     {head, line.marked ? paint : Paint::kDim}},
                    Visible(PageText(line.text)), paint,
                    TerminalPage::kFieldIndent + 2 + Columns(head));
    }
  }

  // The end of what the program printed: its own message is often the best hint.
  void LogTail(const Row& row) {
    const Log* log = FindLog(report_, row);
    if (log == nullptr) return;
    Stream("stdout", log->standard_output);
    Stream("stderr", log->standard_error);
    if (log->cut) page_.Field("", "(the program printed more than is kept)", Paint::kDim);
  }

  void Stream(std::string label, const std::string& text) {
    std::string_view rest = text;
    if (rest.size() > kPageLogBytes) rest.remove_prefix(rest.size() - kPageLogBytes);
    std::vector<std::string_view> lines;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      lines.push_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const std::size_t first = lines.size() - std::min(lines.size(), kLogLines);
    for (std::size_t i = first; i < lines.size(); ++i) {
      page_.Field(label, "│ " + Visible(lines[i]));
      label.clear();
    }
  }

  void ReasonSection(std::string_view one, std::string_view many, Verdict verdict, Paint paint) {
    const auto groups = GroupByReason(report_, verdict);
    if (groups.empty()) return;
    std::size_t rows = 0;
    for (const RowGroup& group : groups) rows += group.size();
    Section(Count(rows, one, many), paint);
    for (const RowGroup& group : groups) {
      const Row& row = *group.front();
      page_.Wrapped({{verdict == Verdict::kNotApplicable ? "- " : "? ", paint}},
                    Visible(row.reason), Paint::kBold, 2);
      const std::string label =
          report_.programs.size() > 1 ? ProgramLabel(report_, row.program) + ", " : "";
      for (const auto& [transports, ids] : IdsByTransport(group)) {
        page_.Wrapped({{Visible(fmt::format("  {}{}: ", label, transports)), Paint::kDim}},
                      Visible(ids), Paint::kPlain, 4);
      }
      if (TurnsRed(row)) Repeat(row);
    }
  }

  void Waived() {
    const auto groups = GroupFailures(report_, Failures::kWaived);
    if (groups.empty()) return;
    Section(Count(groups.size(), "waived", "waived"), Paint::kDim);
    for (const RowGroup& group : groups) {
      const Row& row = *group.front();
      page_.Wrapped({{"~ ", Paint::kDim},
                     {Visible(row.requirement), Paint::kBold},
                     {fmt::format(" {} {}  ", Name(row.level), Name(row.verdict)), Paint::kDim}},
                    Visible(row.reason), Paint::kPlain, 2);
      page_.Field("where", Where(group));
      page_.Field("waived", Visible(row.waiver));
    }
  }

  void Notes() {
    const auto notes = GroupNotes(report_);
    if (notes.empty()) return;
    Section(Count(notes.size(), "note", "notes") + " (never counted)", Paint::kDim);
    for (const NoteGroup& group : notes) {
      const Row& row = *group.rows.front();
      page_.Wrapped({{"· ", Paint::kDim},
                     {Visible(row.requirement), Paint::kBold},
                     {Visible(fmt::format(" {} on {}  ", ProgramLabel(report_, row.program),
                                          Transports(group.rows))),
                      Paint::kDim}},
                    Visible(group.note), Paint::kPlain, 2);
    }
  }

  void Passes() {
    std::size_t passed = 0;
    for (const Row& row : report_.rows) passed += row.verdict == Verdict::kPass ? 1 : 0;
    if (passed == 0) return;
    Section(fmt::format("{} passed", passed), Paint::kGreen);
    for (const Row& row : report_.rows) {
      if (row.verdict != Verdict::kPass) continue;
      page_.Wrapped({{"✓ ", Paint::kGreen},
                     {Visible(row.requirement), Paint::kBold},
                     {Visible(fmt::format(" {}  {} on {}  ", Name(row.level),
                                          ProgramLabel(report_, row.program), row.transport)),
                      Paint::kDim}},
                    Visible(row.statement), Paint::kPlain, 2);
      Ladder(row);
    }
  }

  Table SumTable(std::string_view title, const std::vector<std::pair<std::string, Counts>>& sums,
                 const Counts& all) {
    struct Column {
      std::string_view name;
      int Counts::*count;
      Paint paint;
    };
    static constexpr Column kColumns[] = {{"pass", &Counts::pass, Paint::kGreen},
                                          {"fail", &Counts::fail, Paint::kRed},
                                          {"error", &Counts::error, Paint::kRed},
                                          {"inconcl", &Counts::inconclusive, Paint::kYellow},
                                          {"n/a", &Counts::not_applicable, Paint::kDim}};
    Table table;
    table.rows.push_back({{std::string(title), Paint::kBold}});
    for (const Column& column : kColumns) {
      // A column of nothing but zeros says nothing; pass and fail always stand.
      const bool shown = all.*column.count > 0 || &column < kColumns + 2;
      if (shown) table.rows.front().push_back({std::string(column.name), Paint::kDim});
    }
    for (const auto& [name, counts] : sums) {
      std::vector<Cell> cells = {{Visible(name)}};
      for (const Column& column : kColumns) {
        if (all.*column.count == 0 && &column >= kColumns + 2) continue;
        const int count = counts.*column.count;
        cells.push_back(count == 0 ? Cell{"·", Paint::kDim}
                                   : Cell{std::to_string(count), column.paint});
      }
      table.rows.push_back(std::move(cells));
    }
    return table;
  }

  void Sums() {
    const Summary summary = Summarise(report_);
    if (summary.all.total() == 0) return;
    Section("summary", Paint::kDim);
    std::vector<Table> tables = {SumTable("area", summary.by_area, summary.all),
                                 SumTable("step", summary.by_step, summary.all),
                                 SumTable("level", summary.by_level, summary.all)};
    if (summary.by_program.size() > 1) {
      tables.push_back(SumTable("program", summary.by_program, summary.all));
    }
    page_.Tables(tables);
  }

  void Result() {
    page_.Blank();
    const bool good = report_.exit_code == 0;
    page_.Wrapped(
        {{fmt::format("exit {}: ", report_.exit_code), Paint::kDim}},
        fmt::format("{} ({} s)", ExitMeaning(report_.exit_code), Decimal(report_.seconds)),
        Paint::kDim, 2);
    // The last line of the output alone says how it went, whatever the width.
    page_.Line(Visible(Headline(report_)), good ? Paint::kGreen : Paint::kRed);
  }

  const Report& report_;
  const TerminalOptions& options_;
  TerminalPage page_;
};

}  // namespace

std::string WriteTerminal(const Report& report, const TerminalOptions& options) {
  return Terminal(report, options).Write();
}

}  // namespace sockspec::report
