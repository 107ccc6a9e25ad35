// The report as JUnit XML, for CI systems.
//
// A consumer of this file turns red exactly when sockspec's exit status is not 0:
// - status 0: no <failure> and no <error>. What did not pass all the same (a SHOULD under the
// robust
//   profile, a waived requirement) is <skipped>, its message says so.
// - any other status: a failure that counts is <failure type=LEVEL>, an error of the harness is
//   <error>, an inconclusive verdict that counts is <error type="inconclusive">; the rest as above.
//   Where that leaves no red case, or the run is incomplete, one more case, "sockspec.run", holds
//   an <error> with the exit status and its meaning.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "reports/write/visible_text.h"
#include "reports/write/writers.h"

namespace sockspec::report {

namespace {

enum class Outcome { kPassed, kFailure, kError, kSkipped };

Outcome OutcomeOf(const Report& report, const Row& row) {
  if (row.verdict == Verdict::kPass) return Outcome::kPassed;
  if (report.exit_code == 0 || row.waived) return Outcome::kSkipped;
  if (row.verdict == Verdict::kError) return Outcome::kError;
  if (!TurnsRed(row)) return Outcome::kSkipped;
  return row.verdict == Verdict::kFail ? Outcome::kFailure : Outcome::kError;
}

// A word between the dots of a class name.
std::string NamePart(std::string_view text) {
  std::string part;
  for (char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    part += plain ? c : '_';
  }
  return part.empty() ? "_" : part;
}

struct Totals {
  int tests = 0, failures = 0, errors = 0, skipped = 0;

  void Add(Outcome outcome) {
    ++tests;
    failures += outcome == Outcome::kFailure ? 1 : 0;
    errors += outcome == Outcome::kError ? 1 : 0;
    skipped += outcome == Outcome::kSkipped ? 1 : 0;
  }
  void Add(const Totals& other) {
    tests += other.tests;
    failures += other.failures;
    errors += other.errors;
    skipped += other.skipped;
  }
};

void Set(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name).set_value(Visible(value, Breaks::kKeep).c_str());
}
void Set(pugi::xml_node node, const char* name, int value) {
  node.append_attribute(name).set_value(value);
}

void SetText(pugi::xml_node node, std::string_view text) {
  node.text().set(Visible(text, Breaks::kKeep).c_str());
}

// What the program printed must not pass for the [[ATTACHMENT|path]] and [[PROPERTY|name]] lines
// that some consumers obey.
std::string WithoutDirectives(std::string text) {
  for (std::size_t at = text.find("[["); at != std::string::npos; at = text.find("[[", at)) {
    text.insert(at + 1, " ");
  }
  return text;
}

std::string Message(const Row& row, Outcome outcome) {
  if (outcome == Outcome::kFailure) return row.reason;
  std::string message;
  if (row.waived) message = fmt::format("waived ({}): ", row.waiver);
  if (row.verdict == Verdict::kFail)
    return message + fmt::format("{} failed: {}", Name(row.level), row.reason);
  return message + fmt::format("{}: {}", Name(row.verdict), row.reason);
}

std::string Details(const Row& row) {
  std::string text;
  const auto line = [&text](std::string_view label, std::string_view value) {
    if (!value.empty()) text += fmt::format("{}: {}\n", label, value);
  };
  line("expected", row.expected);
  line("observed", row.observed);
  line("statement", row.statement);
  line("source", row.source);
  line("hint", row.hint);
  line("scenario", row.scenario);
  for (const ExcerptLine& event : row.excerpt) {
    text += fmt::format("{} {:>9} ms  {} {}  {}\n", event.marked ? '>' : ' ',
                        Decimal(event.milliseconds), event.plane, event.actor, event.text);
  }
  line("repeat", row.repeat);
  if (!row.file.empty()) text += fmt::format("at {}:{}\n", row.file, row.line);
  return text;
}

class Junit {
 public:
  Junit(const Report& report, JunitDialect dialect)
      : report_(report), strict_(dialect == JunitDialect::kStrict) {}

  std::string Write() {
    pugi::xml_node declaration = document_.append_child(pugi::node_declaration);
    Set(declaration, "version", "1.0");
    Set(declaration, "encoding", "UTF-8");
    root_ = document_.append_child("testsuites");
    for (auto row = report_.rows.begin(); row != report_.rows.end();) {
      const auto end = std::find_if(row, report_.rows.end(), [row](const Row& other) {
        return other.program != row->program || other.transport != row->transport;
      });
      WriteSuite({row, end});
      row = end;
    }
    const bool red = totals_.failures + totals_.errors > 0;
    if (report_.exit_code != 0 && (!red || !report_.complete)) WriteRunSuite();
    if (!strict_) {
      Set(root_, "name", "sockspec");
      SetTotals(root_, totals_);
      Set(root_, "time", Decimal(report_.seconds));
      Set(root_, "timestamp", Timestamp());
    }
    std::ostringstream out;
    document_.save(out, "  ");
    return out.str();
  }

 private:
  // UTC without a zone, as the strict schema has it.
  std::string Timestamp() const {
    std::string_view started = report_.started;
    if (started.ends_with('Z')) started.remove_suffix(1);
    return std::string(started);
  }

  static void SetTotals(pugi::xml_node node, const Totals& totals) {
    Set(node, "tests", totals.tests);
    Set(node, "failures", totals.failures);
    Set(node, "errors", totals.errors);
    Set(node, "skipped", totals.skipped);
  }

  pugi::xml_node StartSuite(const std::string& name, const Totals& totals, double seconds) {
    pugi::xml_node suite = root_.append_child("testsuite");
    Set(suite, "id", suites_++);
    Set(suite, "package", "sockspec");
    Set(suite, "name", name);
    Set(suite, "hostname", "localhost");
    Set(suite, "timestamp", Timestamp());
    SetTotals(suite, totals);
    Set(suite, "time", Decimal(seconds));
    totals_.Add(totals);
    return suite;
  }

  static void AddProperty(pugi::xml_node properties, std::string_view name,
                          std::string_view value) {
    pugi::xml_node property = properties.append_child("property");
    Set(property, "name", name);
    Set(property, "value", value);
  }

  void AddRunProperties(pugi::xml_node suite) {
    pugi::xml_node properties = suite.append_child("properties");
    AddProperty(properties, "sockspec.version", report_.tool_version);
    AddProperty(properties, "sockspec.run_id", report_.run_id);
    AddProperty(properties, "sockspec.host", report_.host);
    AddProperty(properties, "sockspec.sandbox", report_.sandbox);
    AddProperty(properties, "sockspec.planes", report_.planes);
    AddProperty(properties, "sockspec.profile", report_.profile);
    AddProperty(properties, "sockspec.exit_code", std::to_string(report_.exit_code));
    AddProperty(properties, "sockspec.headline", Headline(report_));
    for (const std::string& warning : report_.warnings) {
      AddProperty(properties, "sockspec.warning", warning);
    }
  }

  static void AddSums(pugi::xml_node properties, const char* kind,
                      const std::vector<std::pair<std::string, Counts>>& sums) {
    for (const auto& [name, counts] : sums) {
      AddProperty(
          properties, fmt::format("sockspec.{}.{}", kind, name),
          fmt::format("pass={} fail={} inconclusive={} not-applicable={} error={}", counts.pass,
                      counts.fail, counts.inconclusive, counts.not_applicable, counts.error));
    }
  }

  struct Rows {
    std::vector<Row>::const_iterator begin_, end_;
    auto begin() const { return begin_; }
    auto end() const { return end_; }
  };

  void WriteSuite(const Rows& rows) {
    const Row& first = *rows.begin();
    const std::string name =
        fmt::format("sockspec.{}.{}", ProgramName(first.program), NamePart(first.transport));
    Totals totals;
    double milliseconds = 0;
    std::set<std::string> scenarios;
    Report part;  // the sums of this suite alone
    part.programs = report_.programs;
    for (const Row& row : rows) {
      totals.Add(OutcomeOf(report_, row));
      // Rows of one scenario share its time.
      if (scenarios.insert(row.scenario).second) milliseconds += row.milliseconds;
      part.rows.push_back({.area = row.area,
                           .step = row.step,
                           .level = row.level,
                           .program = row.program,
                           .verdict = row.verdict});
    }
    pugi::xml_node suite = StartSuite(name, totals, milliseconds / 1000);
    AddRunProperties(suite);
    const Summary summary = Summarise(part);
    AddSums(suite.child("properties"), "area", summary.by_area);
    AddSums(suite.child("properties"), "level", summary.by_level);
    AddSums(suite.child("properties"), "step", summary.by_step);
    for (const Row& row : rows) WriteCase(suite, name, row);
    WriteLogs(suite, first);
  }

  // "daytimed.server", and what else the label needs: "daytimed.server_echo".
  std::string ProgramName(int program) const {
    const std::string label = ProgramLabel(report_, program);
    if (program < 0 || static_cast<std::size_t>(program) >= report_.programs.size()) {
      return NamePart(label);
    }
    const std::size_t end = report_.programs[program].implementation.size();
    return NamePart(label.substr(0, end)) + "." + NamePart(label.substr(end + 1));
  }

  void WriteCase(pugi::xml_node suite, const std::string& suite_name, const Row& row) {
    const std::string classname = suite_name + "." + NamePart(row.area);
    const std::string plain_name = fmt::format("{} {}", row.requirement, row.statement);
    std::string name = plain_name;
    // Consumers drop all but the first of two cases with one name.
    for (int i = 2; !names_.insert(classname + " " + name).second; ++i) {
      name = fmt::format("{} ({})", plain_name, i);
    }
    pugi::xml_node test = suite.append_child("testcase");
    Set(test, "classname", classname);
    Set(test, "name", name);
    Set(test, "time", Decimal(row.milliseconds / 1000));
    if (!strict_ && !row.file.empty()) {
      Set(test, "file", row.file);
      Set(test, "line", row.line);
    }
    if (!strict_) {
      pugi::xml_node properties = test.append_child("properties");
      AddProperty(properties, "requirement", row.requirement);
      AddProperty(properties, "level", Name(row.level));
      AddProperty(properties, "verdict", Name(row.verdict));
      AddProperty(properties, "source", row.source);
      AddProperty(properties, "step", row.step);
      for (const std::string& note : row.notes) AddProperty(properties, "note", note);
    }
    const Outcome outcome = OutcomeOf(report_, row);
    if (outcome == Outcome::kPassed) return;
    const char* element = outcome == Outcome::kFailure ? "failure"
                          : outcome == Outcome::kError ? "error"
                                                       : "skipped";
    pugi::xml_node result = test.append_child(element);
    Set(result, "type", outcome == Outcome::kFailure ? Name(row.level) : Name(row.verdict));
    Set(result, "message", Message(row, outcome));
    if (row.verdict != Verdict::kNotApplicable) SetText(result, Details(row));
  }

  void WriteLogs(pugi::xml_node suite, const Row& first) {
    std::string out, err;
    for (const Log& log : report_.logs) {
      if (log.program != first.program || log.transport != first.transport) continue;
      AppendLog(log.scenario, log.standard_output, log.cut, &out);
      AppendLog(log.scenario, log.standard_error, log.cut, &err);
    }
    SetText(suite.append_child("system-out"), WithoutDirectives(out));
    SetText(suite.append_child("system-err"), WithoutDirectives(err));
  }

  static void AppendLog(const std::string& scenario, const std::string& text, bool cut,
                        std::string* out) {
    if (text.empty()) return;
    *out +=
        fmt::format("--- {}{} ---\n{}\n", scenario, cut ? " (cut)" : "", Last(text, kFileLogBytes));
  }

  void WriteRunSuite() {
    Totals totals;
    totals.Add(Outcome::kError);
    pugi::xml_node suite = StartSuite("sockspec.run", totals, 0);
    AddRunProperties(suite);
    pugi::xml_node test = suite.append_child("testcase");
    Set(test, "classname", "sockspec.run");
    Set(test, "name", "the run as a whole");
    Set(test, "time", Decimal(0));
    pugi::xml_node error = test.append_child("error");
    Set(error, "type", report_.complete ? "exit" : "incomplete");
    Set(error, "message",
        fmt::format("exit {}: {}", report_.exit_code, ExitMeaning(report_.exit_code)));
    SetText(error, report_.complete ? Headline(report_) : report_.incomplete);
    suite.append_child("system-out");
    suite.append_child("system-err");
  }

  const Report& report_;
  const bool strict_;
  pugi::xml_document document_;
  pugi::xml_node root_;
  Totals totals_;
  std::set<std::string> names_;
  int suites_ = 0;
};

}  // namespace

std::string WriteJunit(const Report& report, JunitDialect dialect) {
  return Junit(report, dialect).Write();
}

}  // namespace sockspec::report
