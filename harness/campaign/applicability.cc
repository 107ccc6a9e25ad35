// Whether a requirement applies to a program on a transport, by its scope and the manifest's
// claims.
#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"
#include "harness/campaign/plan.h"

namespace sockspec {
namespace {

template <typename T>
bool Contains(const std::vector<T>& all, const T& wanted) {
  return std::find(all.begin(), all.end(), wanted) != all.end();
}

std::string Braced(const std::vector<std::string>& placeholders) {
  std::vector<std::string> braced;
  for (const std::string& name : placeholders) braced.push_back("{" + name + "}");
  return Join(braced, " nor ");
}

// Some words are no key of `claims` but follow from others.
std::string NotClaimed(const std::string& word) {
  if (word == "backlog")
    return "the backlog cannot be set: the command holds no {backlog}, and the "
           "manifest gives no backlog";
  if (word == "any-address")
    return "the program is bound to one address: the command holds no "
           "{address}";
  if (word == "one-exchange") return "the program serves more than one client";
  if (word == "inherits-listener") return "the program opens its listening socket itself";
  return fmt::format("not claimed: {}", word);
}

std::string Claimed(const std::string& word) {
  if (word == "one-exchange") return "the program serves one client and ends (lifetime)";
  if (word == "inherits-listener") return "the program is handed its listening socket (start)";
  return fmt::format("claimed: {}", word);
}

// Whether a scope's services are those of a program.
bool Covers(const std::vector<std::string>& services, const std::vector<std::string>& traits,
            const Service& definition, const std::string& name) {
  if (services.empty()) return true;
  if (!definition.own) return Contains(services, name);
  const std::vector<std::string> held = TraitsOf(definition);
  return !traits.empty() &&
         std::all_of(traits.begin(), traits.end(),
                     [&](const std::string& trait) { return Contains(held, trait); });
}

bool HasPlaceholder(const LaunchSpec& launch, const std::string& name) {
  return launch.Mentions(name) || (name == "backlog" && launch.backlog.has_value());
}

}  // namespace

Applicability AppliesTo(const Requirement& requirement, const Program& program,
                        Transport transport) {
  const Scope& scope = requirement.scope;
  const bool for_client = program.role == Role::kClient && !scope.client_services.empty();
  const std::vector<std::string>& services = for_client ? scope.client_services : scope.services;
  if (!requirement.AppliesTo(program.role) ||
      !Covers(services, scope.own_services, program.definition, program.service) ||
      (!scope.transports.empty() && !Contains(scope.transports, transport))) {
    return {.applies = Applies::kOutOfScope};
  }
  const LaunchSpec& launch = program.launch.at(transport);
  const std::vector<std::string> claims = ClaimWords(program.role, launch);
  const auto away = [](std::string reason) {
    return Applicability{.applies = Applies::kClaimedAway, .reason = std::move(reason)};
  };
  const auto claimed = [&](const std::string& word) { return Contains(claims, word); };
  for (const std::string& word : scope.claims) {
    if (!claimed(word)) return away(NotClaimed(word));
  }
  for (const std::string& word : scope.not_claims) {
    if (claimed(word)) return away(Claimed(word));
  }
  if (!scope.any_claims.empty() &&
      std::none_of(scope.any_claims.begin(), scope.any_claims.end(), claimed)) {
    return away(fmt::format("not claimed: {}", Join(scope.any_claims, " or ")));
  }
  const auto has = [&](const std::string& name) { return HasPlaceholder(launch, name); };
  if (!scope.placeholders.empty() &&
      std::none_of(scope.placeholders.begin(), scope.placeholders.end(), has)) {
    return away(fmt::format("the command holds no {}", Braced(scope.placeholders)));
  }
  return {};
}

}  // namespace sockspec
