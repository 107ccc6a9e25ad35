// The catalogue as the build embeds it: constants, so that nothing is parsed when sockspec starts.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "harness/testbed/catalogue.h"

namespace sockspec {

// A Requirement as constants; the lists of words are texts, a blank between two words.
struct EmbeddedRequirement {
  std::string_view id, area, area_title, step, roles;
  std::string_view services, client_services, own_services, transports, claims, any_claims,
      not_claims, placeholders, observed;
  Level level;
  ObligedBy obliged_by;
  std::string_view statement, source, stimulus, criterion, mutant, hint, note, planes, unjudged,
      condition;
  std::optional<Level> otherwise;
  std::string_view file;
  int line;
};

// In the order of Catalogue::Embedded(). embed_catalogue.cc generates the source.
std::span<const EmbeddedRequirement> EmbeddedRequirements();

}  // namespace sockspec
