// sockspec explain: all that is known of a requirement.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "harness/base/text.h"
#include "harness/campaign/selection.h"
#include "harness/campaign/suite.h"
#include "harness/campaign/verdicts.h"
#include "harness/cli/commands.h"
#include "harness/cli/coverage_listing.h"
#include "harness/cli/output.h"
#include "harness/testbed/catalogue.h"

namespace sockspec {
namespace {

constexpr std::size_t kLabel = 12;
constexpr std::size_t kWidth = 96;

// A labelled paragraph, its lines broken at spaces.
void Paragraph(std::string_view label, const std::string& text, std::string* out) {
  if (text.empty()) return;
  std::string line = fmt::format("{:<{}}", label, kLabel);
  bool first = true;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!first && line.size() + 1 + word.size() > kWidth) {
      *out += line + "\n";
      line = std::string(kLabel, ' ');
      first = true;
    }
    line += (first ? "" : " ") + word;
    first = false;
    at = end + 1;
  }
  *out += line + "\n";
}

std::string ScopeWords(const Scope& scope) {
  std::vector<std::string> parts;
  const auto add = [&](const char* words, const std::vector<std::string>& list) {
    if (!list.empty()) parts.push_back(fmt::format("{} {}", words, Join(list, ", ")));
  };
  std::vector<std::string> transports;
  for (Transport transport : scope.transports) transports.emplace_back(Name(transport));
  add("services", scope.services);
  add("services of your own that are", scope.own_services);
  add("clients of", scope.client_services);
  add("transports", transports);
  add("that claim", scope.claims);
  add("that claim one of", scope.any_claims);
  add("that do not claim", scope.not_claims);
  add("whose command holds one of", scope.placeholders);
  add("where observed:", scope.observed);
  return parts.empty() ? "all" : Join(parts, "; ");
}

std::string Explanation(const Requirement& requirement, const Suite& suite) {
  std::vector<std::string> roles;
  for (Role role : requirement.roles) roles.emplace_back(Name(role));
  std::string out =
      fmt::format("{}  {}  {}\n\n", requirement.id, Name(requirement.level), requirement.statement);
  Paragraph("for", fmt::format("{}; {}", Join(roles, " and "), ScopeWords(requirement.scope)),
            &out);
  std::string obliged(Name(requirement.obliged_by));
  if (!requirement.condition.empty()) {
    obliged += fmt::format("; in force if {}", requirement.condition);
    if (requirement.otherwise) obliged += fmt::format(", else {}", Name(*requirement.otherwise));
  }
  Paragraph("obliged by", obliged, &out);
  Paragraph("source", requirement.source, &out);
  Paragraph("stimulus", requirement.stimulus, &out);
  Paragraph("criterion", requirement.criterion, &out);
  Paragraph("planes", Join(requirement.planes, ", "), &out);
  Paragraph("hint", requirement.hint, &out);
  Paragraph("mutant", requirement.mutant, &out);
  Paragraph("", Join(MutantsOf(requirement), ", "), &out);
  Paragraph("note", requirement.note, &out);
  bool judged = false;
  for (const SuiteScenario& scenario : suite.scenarios) {
    if (!scenario.Judges(requirement.id)) continue;
    Paragraph(judged ? "" : "scenarios",
              fmt::format("{} ({}:{}): {}", scenario.name, scenario.file, scenario.line,
                          scenario.description),
              &out);
    judged = true;
  }
  if (!judged) {
    const std::string& why = requirement.unjudged;
    Paragraph("scenarios", "none" + (why.empty() ? " in this version" : ": " + why), &out);
  }
  Paragraph("file", fmt::format("suites/requirements/{}:{}", requirement.file, requirement.line),
            &out);
  return out;
}

int Explain(const std::vector<std::string>& ids) {
  const Catalogue& catalogue = Catalogue::Embedded();
  const std::set<std::string> selected = SelectRequirements(catalogue, ids);
  const Suite suite = EmbeddedSuite();
  std::string text;
  for (const Requirement& requirement : catalogue.requirements()) {
    if (!selected.contains(requirement.id)) continue;
    text += (text.empty() ? "" : "\n") + Explanation(requirement, suite);
  }
  Print(text);
  return kExitPassed;
}

}  // namespace

void AddExplain(CLI::App& app, Action* action) {
  auto ids = std::make_shared<std::vector<std::string>>();
  CLI::App& command = *app.add_subcommand("explain", "Explain a requirement");
  command.footer("\nExamples:\n  sockspec explain CLS-02\n  sockspec explain 'LSN-*'\n");
  command.add_option("ids", *ids, "requirements, or globs")->type_name("ID")->required();
  command.callback([ids, action] { *action = [ids] { return Explain(*ids); }; });
}

}  // namespace sockspec
