// The catalogue: looking requirements up.
#include "harness/testbed/catalogue.h"

#include <algorithm>

namespace sockspec {

std::string_view Name(Level level) {
  constexpr std::string_view kNames[] = {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY"};
  return kNames[static_cast<int>(level)];
}

bool IsMust(Level level) { return level == Level::kMust || level == Level::kMustNot; }
bool IsShould(Level level) { return level == Level::kShould || level == Level::kShouldNot; }

std::string_view Name(ObligedBy obliged_by) {
  constexpr std::string_view kNames[] = {"contract", "tutorial", "spec", "practice"};
  return kNames[static_cast<int>(obliged_by)];
}

bool Requirement::AppliesTo(Role role) const {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

const Requirement* Catalogue::Find(std::string_view id) const {
  const auto found = std::find_if(requirements_.begin(), requirements_.end(),
                                  [&](const Requirement& r) { return r.id == id; });
  return found == requirements_.end() ? nullptr : &*found;
}

std::vector<std::string> Catalogue::Ids() const {
  std::vector<std::string> ids;
  for (const Requirement& requirement : requirements_) ids.push_back(requirement.id);
  return ids;
}

}  // namespace sockspec
