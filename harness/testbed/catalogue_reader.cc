// Reads the TOML of the catalogue; unknown keys, unknown words and missing keys are errors.
#include "harness/testbed/catalogue_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"
#include "harness/manifest/manifest.h"
#include "harness/manifest/service.h"
#include "harness/manifest/toml_reader.h"

namespace sockspec {
namespace {

using Words = std::vector<std::string>;

const Words kSteps = {"socket", "bind",  "listen", "accept", "connect",
                      "read",   "write", "close",  "process"};
const Words kPlanes = {"trace", "kernel", "wire", "process", "fault"};
const Words kServices = {"daytime", "time",      "echo",           "discard", "chargen",
                         "qotd",    "icmp-echo", "icmp-timestamp", "igmp"};
const Words kPlaceholders = {"transport", "family",  "address", "host", "port",
                             "path",      "backlog", "service", "user"};
const Words kObserved = {"forks", "execs", "non-blocking", "readiness", "inherits-listener"};

std::string Needed(const TomlTable& table, std::string_view key) {
  const std::string text = table.Text(key, "\"...\"").value_or("");
  if (text.empty()) table.Fail(key, "is missing or empty; write it");
  return text;
}

// A list of words out of `known`; nothing where the key is missing.
Words ListOf(const TomlTable& table, std::string_view key, const Words& known) {
  const Words words = table.Words(key, "[\"" + known.front() + "\"]").value_or(Words{});
  for (const std::string& word : words) {
    if (std::find(known.begin(), known.end(), word) == known.end()) {
      table.Fail(key, fmt::format("unknown word {}; {}", Quote(word), Suggest(word, known)));
    }
    if (std::count(words.begin(), words.end(), word) > 1) {
      table.Fail(key, fmt::format("{} is listed twice; drop one", Quote(word)));
    }
  }
  return words;
}

Words NeededList(const TomlTable& table, std::string_view key, const Words& known) {
  Words words = ListOf(table, key, known);
  if (words.empty()) table.Fail(key, "is missing or empty; write it");
  return words;
}

template <typename Enum>
Words NamesUpTo(Enum last) {
  Words names;
  for (int i = 0; i <= static_cast<int>(last); ++i) names.emplace_back(Name(static_cast<Enum>(i)));
  return names;
}

template <typename Enum>
std::optional<Enum> ReadEnum(const TomlTable& table, std::string_view key, Enum last) {
  const std::optional<std::size_t> index = table.Choice(key, NamesUpTo(last));
  if (!index) return std::nullopt;
  return static_cast<Enum>(*index);
}

Scope ReadScope(const TomlTable& requirement) {
  Scope scope;
  const auto table = requirement.Table("scope", R"({ services = ["daytime"] })");
  if (!table) return scope;
  table->AllowOnly({"services", "client-services", "own-services", "transports", "claims",
                    "any-claims", "not-claims", "placeholders", "observed"});
  scope.services = ListOf(*table, "services", kServices);
  scope.client_services = ListOf(*table, "client-services", kServices);
  scope.own_services = ListOf(*table, "own-services", KnownTraits());
  if (scope.services.empty() && !scope.own_services.empty()) {
    table->Fail("own-services", "adds to services, which is missing; drop it");
  }
  for (const std::string& name : ListOf(*table, "transports", NamesUpTo(Transport::kIcmp6))) {
    scope.transports.push_back(*ParseTransport(name));
  }
  scope.claims = ListOf(*table, "claims", KnownClaimWords());
  scope.any_claims = ListOf(*table, "any-claims", KnownClaimWords());
  scope.not_claims = ListOf(*table, "not-claims", KnownClaimWords());
  scope.placeholders = ListOf(*table, "placeholders", kPlaceholders);
  scope.observed = ListOf(*table, "observed", kObserved);
  return scope;
}

// "CLS-05" in area "CLS": the area, a dash, two digits.
void CheckId(const TomlTable& table, const Requirement& requirement,
             const std::vector<Requirement>& others) {
  const std::string prefix = requirement.area + "-";
  const std::string& id = requirement.id;
  if (id.size() != prefix.size() + 2 || id.compare(0, prefix.size(), prefix) != 0 ||
      id.find_first_not_of("0123456789", prefix.size()) != std::string::npos) {
    table.Fail("id", fmt::format("{} does not suit area {}; write {}NN", Quote(id),
                                 requirement.area, prefix));
  }
  for (const Requirement& other : others) {
    if (other.id == id) {
      table.Fail("id",
                 fmt::format("{} is also in {}:{}; take a new number", id, other.file, other.line));
    }
  }
}

// Appends the requirements of one file.
void ReadRequirements(const std::string& file, const std::string& text,
                      std::vector<Requirement>& requirements) {
  const TomlTable root = TomlTable::Parse(text, file);
  root.AllowOnly({"area", "title", "step", "requirement"});
  const std::string area = Needed(root, "area");
  const std::string title = Needed(root, "title");
  Needed(root, "step");
  const std::string step = kSteps[*root.Choice("step", kSteps)];
  for (const TomlTable& table : root.Tables("requirement")) {
    table.AllowOnly({"id", "roles", "step", "scope", "level", "obliged-by", "condition",
                     "otherwise", "statement", "source", "planes", "stimulus", "criterion",
                     "mutant", "hint", "note", "unjudged"});
    Requirement requirement{.id = Needed(table, "id"), .area = area, .area_title = title};
    requirement.file = file;
    requirement.line = table.line();
    CheckId(table, requirement, requirements);
    const auto own_step = table.Choice("step", kSteps);
    requirement.step = own_step ? kSteps[*own_step] : step;
    for (const std::string& role : NeededList(table, "roles", {"server", "client"})) {
      requirement.roles.push_back(*ParseRole(role));
    }
    requirement.scope = ReadScope(table);
    Needed(table, "level");
    requirement.level = *ReadEnum(table, "level", Level::kMay);
    Needed(table, "obliged-by");
    requirement.obliged_by = *ReadEnum(table, "obliged-by", ObligedBy::kPractice);
    requirement.condition = table.Text("condition", "\"...\"").value_or("");
    requirement.otherwise = ReadEnum(table, "otherwise", Level::kMay);
    if (requirement.condition.empty() != !requirement.otherwise) {
      table.Fail("condition", "and otherwise belong together; write both or none");
    }
    requirement.statement = Needed(table, "statement");
    requirement.source = Needed(table, "source");
    requirement.planes = NeededList(table, "planes", kPlanes);
    requirement.stimulus = Needed(table, "stimulus");
    requirement.criterion = Needed(table, "criterion");
    requirement.mutant = Needed(table, "mutant");
    requirement.hint = Needed(table, "hint");
    requirement.note = table.Text("note", "\"...\"").value_or("");
    requirement.unjudged = table.Text("unjudged", "\"...\"").value_or("");
    requirements.push_back(std::move(requirement));
  }
}

}  // namespace

Catalogue ReadCatalogue(const std::map<std::string, std::string>& files) {
  std::vector<Requirement> requirements;
  for (const auto& [file, text] : files) ReadRequirements(file, text, requirements);
  return Catalogue(std::move(requirements));
}

}  // namespace sockspec
