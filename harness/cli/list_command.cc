// sockspec list: requirements and scenarios.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

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

using Json = nlohmann::ordered_json;

struct ListOptions {
  std::vector<std::string> patterns;
  bool json = false;
  bool scenarios = false;
  bool coverage = false;
};

template <typename Each>
std::vector<std::string> Names(const std::vector<Each>& all) {
  std::vector<std::string> names;
  for (const Each& each : all) names.emplace_back(Name(each));
  return names;
}

// The scenarios that judge a requirement, and the transports on which they do.
struct Coverage {
  std::vector<std::string> scenarios, transports;
};

Coverage CoverageOf(const Requirement& requirement, const Suite& suite) {
  Coverage coverage;
  std::set<Transport> covered;
  for (const SuiteScenario& scenario : suite.scenarios) {
    if (!scenario.Judges(requirement.id)) continue;
    coverage.scenarios.push_back(scenario.name);
    covered.insert(scenario.transports.begin(), scenario.transports.end());
  }
  const std::vector<Transport>& in_scope = requirement.scope.transports;
  for (Transport transport : covered) {
    if (in_scope.empty() ||
        std::find(in_scope.begin(), in_scope.end(), transport) != in_scope.end()) {
      coverage.transports.emplace_back(Name(transport));
    }
  }
  return coverage;
}

std::string ListOrDash(const std::vector<std::string>& words, std::size_t limit) {
  if (words.empty()) return "-";
  if (words.size() <= limit) return Join(words, ",");
  return fmt::format("{} scenarios", words.size());
}

std::string RequirementLines(const Catalogue& catalogue, const std::set<std::string>& selected,
                             const Suite& suite) {
  std::string text = fmt::format("{:<8} {:<10} {:<9} {:<14} {:<27} {}\n", "ID", "LEVEL", "OBLIGED",
                                 "ROLE", "TRANSPORTS", "SCENARIOS");
  for (const Requirement& requirement : catalogue.requirements()) {
    if (!selected.contains(requirement.id)) continue;
    const Coverage coverage = CoverageOf(requirement, suite);
    text += fmt::format("{:<8} {:<10} {:<9} {:<14} {:<27} {}\n", requirement.id,
                        Name(requirement.level), Name(requirement.obliged_by),
                        Join(Names(requirement.roles), ","), ListOrDash(coverage.transports, 9),
                        ListOrDash(coverage.scenarios, 4));
  }
  return text;
}

std::string RequirementJson(const Catalogue& catalogue, const std::set<std::string>& selected,
                            const Suite& suite) {
  Json list = Json::array();
  for (const Requirement& requirement : catalogue.requirements()) {
    if (!selected.contains(requirement.id)) continue;
    const Coverage coverage = CoverageOf(requirement, suite);
    list.push_back({{"id", requirement.id},
                    {"area", requirement.area},
                    {"step", requirement.step},
                    {"level", Name(requirement.level)},
                    {"obliged_by", Name(requirement.obliged_by)},
                    {"roles", Names(requirement.roles)},
                    {"statement", requirement.statement},
                    {"source", requirement.source},
                    {"planes", requirement.planes},
                    {"transports", coverage.transports},
                    {"scenarios", coverage.scenarios},
                    {"mutants", MutantsOf(requirement)}});
  }
  return list.dump(2) + "\n";
}

bool JudgesSelected(const SuiteScenario& scenario, const std::set<std::string>& selected) {
  return std::any_of(scenario.requirements.begin(), scenario.requirements.end(),
                     [&](const std::string& id) { return selected.contains(id); });
}

std::string ScenarioLines(const Suite& suite, const std::set<std::string>& selected) {
  std::string text;
  for (const SuiteScenario& scenario : suite.scenarios) {
    if (!JudgesSelected(scenario, selected)) continue;
    text +=
        fmt::format("{} ({}: {})\n  {}\n  judges {}\n  {}:{}\n", scenario.name, Name(scenario.role),
                    Join(Names(scenario.transports), ", "), scenario.description,
                    Join(scenario.requirements, ", "), scenario.file, scenario.line);
  }
  return text;
}

std::string ScenarioJson(const Suite& suite, const std::set<std::string>& selected) {
  Json list = Json::array();
  for (const SuiteScenario& scenario : suite.scenarios) {
    if (!JudgesSelected(scenario, selected)) continue;
    list.push_back({{"name", scenario.name},
                    {"role", Name(scenario.role)},
                    {"transports", Names(scenario.transports)},
                    {"description", scenario.description},
                    {"requirements", scenario.requirements},
                    {"file", scenario.file},
                    {"line", scenario.line}});
  }
  return list.dump(2) + "\n";
}

int List(const ListOptions& options) {
  const Catalogue& catalogue = Catalogue::Embedded();
  const std::set<std::string> selected =
      SelectRequirements(catalogue, ReadPatterns(options.patterns));
  const Suite suite = EmbeddedSuite();
  if (options.coverage) {
    Print(CoverageLines(catalogue, selected, suite));
  } else if (options.scenarios) {
    Print(options.json ? ScenarioJson(suite, selected) : ScenarioLines(suite, selected));
  } else {
    Print(options.json ? RequirementJson(catalogue, selected, suite)
                       : RequirementLines(catalogue, selected, suite));
  }
  return kExitPassed;
}

}  // namespace

void AddList(CLI::App& app, Action* action) {
  auto options = std::make_shared<ListOptions>();
  CLI::App& command = *app.add_subcommand("list", "List requirements, or scenarios");
  command.footer(
      "\nExamples:\n  sockspec list --select 'CLS-*'\n  sockspec list --scenarios --json\n"
      "  sockspec list --coverage\n");
  command.add_option("--select", options->patterns, "only what matches a glob; @FILE (repeatable)")
      ->type_name("GLOB")
      ->expected(1)
      ->take_all();
  command.add_flag("--scenarios", options->scenarios, "list scenarios, with what they judge");
  CLI::Option* json = command.add_flag("--json", options->json, "as JSON");
  command
      .add_flag("--coverage", options->coverage,
                "for each requirement and transport: scenarios, and the programs that prove it")
      ->excludes(json);
  command.callback([options, action] { *action = [options] { return List(*options); }; });
}

}  // namespace sockspec
