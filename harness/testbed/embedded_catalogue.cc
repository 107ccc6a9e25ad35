// Catalogue::Embedded: requirements from the constants that the build has made of the TOML.
#include "harness/testbed/embedded_catalogue.h"

#include <string>
#include <vector>

#include "harness/base/text.h"

namespace sockspec {
namespace {

std::vector<std::string> WordsOf(std::string_view text) {
  if (text.empty()) return {};
  const std::vector<std::string_view> words = Split(text, ' ');
  return {words.begin(), words.end()};
}

Requirement Restored(const EmbeddedRequirement& row) {
  Requirement requirement{.id = std::string(row.id),
                          .area = std::string(row.area),
                          .area_title = std::string(row.area_title),
                          .step = std::string(row.step),
                          .scope = {.services = WordsOf(row.services),
                                    .client_services = WordsOf(row.client_services),
                                    .own_services = WordsOf(row.own_services),
                                    .claims = WordsOf(row.claims),
                                    .any_claims = WordsOf(row.any_claims),
                                    .not_claims = WordsOf(row.not_claims),
                                    .placeholders = WordsOf(row.placeholders),
                                    .observed = WordsOf(row.observed)},
                          .level = row.level,
                          .obliged_by = row.obliged_by,
                          .statement = std::string(row.statement),
                          .source = std::string(row.source),
                          .stimulus = std::string(row.stimulus),
                          .criterion = std::string(row.criterion),
                          .mutant = std::string(row.mutant),
                          .hint = std::string(row.hint),
                          .note = std::string(row.note),
                          .planes = WordsOf(row.planes),
                          .unjudged = std::string(row.unjudged),
                          .condition = std::string(row.condition),
                          .otherwise = row.otherwise,
                          .file = std::string(row.file),
                          .line = row.line};
  for (const std::string& role : WordsOf(row.roles)) {
    requirement.roles.push_back(ParseRole(role).value());
  }
  for (const std::string& transport : WordsOf(row.transports)) {
    requirement.scope.transports.push_back(ParseTransport(transport).value());
  }
  return requirement;
}

}  // namespace

const Catalogue& Catalogue::Embedded() {
  static const Catalogue catalogue = [] {
    std::vector<Requirement> requirements;
    requirements.reserve(EmbeddedRequirements().size());
    for (const EmbeddedRequirement& row : EmbeddedRequirements()) {
      requirements.push_back(Restored(row));
    }
    return Catalogue(std::move(requirements));
  }();
  return catalogue;
}

}  // namespace sockspec
