// The report as GitHub-flavoured Markdown, for pull requests and step summaries.
#include <fmt/format.h>

#include <algorithm>

#include "reports/write/row_groups.h"
#include "reports/write/visible_text.h"
#include "reports/write/writers.h"

namespace sockspec::report {

namespace {

// Text inside HTML, on one line. A mention would call a person: the joiner after @ keeps it from
// being one.
std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (char c : Visible(text)) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '@':
        out += "@\u2060";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// Text that means nothing to Markdown, on one line. Characters that mean something only at the
// start of a block are escaped there alone, so that the source stays readable.
std::string Escape(std::string_view text) {
  const std::string html = EscapeHtml(text);
  std::string out;
  // "1. " and "1) " would begin a list.
  const std::size_t digits = html.find_first_not_of("0123456789");
  const bool numbered = digits != std::string::npos && html.compare(digits + 1, 1, " ") == 0;
  for (std::size_t i = 0; i < html.size(); ++i) {
    const std::string_view special = i == 0                    ? "\\`*_[]|~#-+="
                                     : numbered && i == digits ? "\\`*_[]|~.)"
                                                               : "\\`*_[]|~";
    const bool link = html[i] == ':' && html.compare(i, 3, "://") == 0;
    if (link || special.find(html[i]) != std::string_view::npos) out += '\\';
    out += html[i];
  }
  return out;
}

std::size_t LongestRunOfTicks(std::string_view text) {
  std::size_t longest = 0, run = 0;
  for (char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

std::string Fenced(std::string_view text) {
  const std::string visible = Visible(text, Breaks::kKeep);
  const std::string fence(std::max<std::size_t>(3, LongestRunOfTicks(visible) + 1), '`');
  return fmt::format("{}text\n{}{}{}\n", fence, visible, visible.ends_with('\n') ? "" : "\n",
                     fence);
}

std::string Counted(int count) { return count == 0 ? "" : std::to_string(count); }

std::string SumTable(std::string_view title,
                     const std::vector<std::pair<std::string, Counts>>& sums) {
  std::string table = fmt::format(
      "| {} | pass | fail | error | inconclusive | not applicable |\n"
      "|---|--:|--:|--:|--:|--:|\n",
      title);
  for (const auto& [name, counts] : sums) {
    table += fmt::format("| {} | {} | {} | {} | {} | {} |\n", Escape(name), Counted(counts.pass),
                         Counted(counts.fail), Counted(counts.error), Counted(counts.inconclusive),
                         Counted(counts.not_applicable));
  }
  return table + "\n";
}

std::string Evidence(const Row& row) {
  std::string text;
  for (const ExcerptLine& line : row.excerpt) {
    text += fmt::format("{} {:>9} ms  {:<7} {:<8} {}\n", line.marked ? '>' : ' ',
                        Decimal(line.milliseconds), Visible(line.plane), Visible(line.actor),
                        Visible(line.text));
  }
  return text;
}

class Markdown {
 public:
  explicit Markdown(const Report& report) : report_(report) {}

  std::string Write() {
    text_ = fmt::format("# sockspec: {}\n\n", Escape(Headline(report_)));
    for (const std::string& warning : report_.warnings) {
      text_ += fmt::format("> **Warning** {}\n\n", Escape(warning));
    }
    if (!report_.complete) {
      text_ += fmt::format("> **Incomplete** {}\n\n", Escape(report_.incomplete));
    }
    text_ += fmt::format(
        "Exit {}: {}. Profile {}, planes {}, sandbox {}; {}, {}, {} s, sockspec {}.\n\n",
        report_.exit_code, ExitMeaning(report_.exit_code), Escape(report_.profile),
        Escape(report_.planes), Escape(report_.sandbox), Escape(report_.started),
        Escape(report_.host), Decimal(report_.seconds), Escape(report_.tool_version));
    Programs();
    Failed("Failed", Failures::kCounted);
    Failed("Failed, not counted", Failures::kUncounted);
    Reasons("Errors of the harness or its host", Verdict::kError);
    Reasons("Inconclusive", Verdict::kInconclusive);
    Failed("Waived", Failures::kWaived);
    Notes();
    Reasons("Not applicable", Verdict::kNotApplicable);
    Sums();
    return text_;
  }

 private:
  void Programs() {
    for (std::size_t i = 0; i < report_.programs.size(); ++i) {
      const Program& program = report_.programs[i];
      text_ += fmt::format(
          "- **{}**{}{}, {} on {}: {}\n", Escape(ProgramLabel(report_, i)),
          program.version.empty() ? "" : " ", Escape(program.version), Escape(program.service),
          Escape(fmt::format("{}", fmt::join(program.transports, " "))), Escape(program.command));
    }
    text_ += "\n";
  }

  void Failed(std::string_view title, Failures failures) {
    const auto groups = GroupFailures(report_, failures);
    if (groups.empty()) return;
    text_ += fmt::format("## {}\n\n", title);
    for (const RowGroup& group : groups) {
      const Row& row = *group.front();
      // Markdown is not read inside <summary>: a backslash would show there.
      text_ +=
          fmt::format("<details>\n<summary><b>{}</b> {} {} ({} on {}): {}</summary>\n\n",
                      EscapeHtml(row.requirement), Name(row.level), EscapeHtml(ShortSource(row)),
                      EscapeHtml(ProgramLabel(report_, row.program)), EscapeHtml(Transports(group)),
                      EscapeHtml(row.reason));
      Item("Waived", row.waiver);
      Item("Required", row.statement);
      Item("Source", row.source);
      Item("Expected", row.expected);
      Item("Observed", row.observed);
      Item("Hint", row.hint);
      Item("Scenario", row.scenario);
      if (!row.file.empty()) Item("Check", fmt::format("{}:{}", row.file, row.line));
      text_ += "\n";
      if (!row.excerpt.empty()) text_ += Fenced(Evidence(row)) + "\n";
      if (const Log* log = FindLog(report_, row)) {
        Stream("Standard output", log->standard_output);
        Stream("Standard error", log->standard_error);
      }
      if (!row.repeat.empty()) text_ += "Repeat:\n\n" + Fenced(Visible(row.repeat)) + "\n";
      text_ += "</details>\n\n";
    }
  }

  void Item(std::string_view label, std::string_view text) {
    if (!text.empty()) text_ += fmt::format("- **{}:** {}\n", label, Escape(text));
  }

  void Stream(std::string_view label, std::string_view text) {
    if (!text.empty())
      text_ += fmt::format("{}:\n\n{}\n", label, Fenced(Last(text, kPageLogBytes)));
  }

  void Reasons(std::string_view title, Verdict verdict) {
    const auto groups = GroupByReason(report_, verdict);
    if (groups.empty()) return;
    text_ += fmt::format("## {}\n\n", title);
    for (const RowGroup& group : groups) {
      const Row& row = *group.front();
      text_ += fmt::format("- {} ({})\n", Escape(row.reason),
                           Escape(ProgramLabel(report_, row.program)));
      for (const auto& [transports, ids] : IdsByTransport(group)) {
        text_ += fmt::format("  - {}: {}\n", Escape(transports), Escape(ids));
      }
    }
    text_ += "\n";
  }

  void Notes() {
    const auto notes = GroupNotes(report_);
    if (notes.empty()) return;
    text_ += "## Notes\n\n";
    for (const NoteGroup& group : notes) {
      const Row& row = *group.rows.front();
      text_ += fmt::format("- **{}** ({} on {}) {}\n", Escape(row.requirement),
                           Escape(ProgramLabel(report_, row.program)),
                           Escape(Transports(group.rows)), Escape(group.note));
    }
    text_ += "\n";
  }

  void Sums() {
    const Summary summary = Summarise(report_);
    text_ += "## Summary\n\n";
    text_ += SumTable("Program", summary.by_program);
    text_ += SumTable("Step of the life cycle", summary.by_step);
    text_ += SumTable("Level", summary.by_level);
    text_ += SumTable("Area", summary.by_area);
  }

  const Report& report_;
  std::string text_;
};

}  // namespace

std::string WriteMarkdown(const Report& report) { return Markdown(report).Write(); }

}  // namespace sockspec::report
