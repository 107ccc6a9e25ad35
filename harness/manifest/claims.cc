// Claims: their words, and what follows from other keys.
#include "harness/manifest/claims.h"

#include <algorithm>

namespace sockspec {
namespace {

struct ClaimKey {
  std::string_view name;
  Role role;
  bool Claims::*member;
};

constexpr ClaimKey kClaimKeys[] = {
    {"peer-log", Role::kServer, &Claims::peer_log},
    {"v6-only", Role::kServer, &Claims::v6_only},
    {"dual", Role::kServer, &Claims::dual},
    {"abstract", Role::kServer, &Claims::abstract_names},
    {"workers", Role::kServer, &Claims::workers},
    {"usage-check", Role::kServer, &Claims::usage_check},
    {"iterative", Role::kServer, &Claims::iterative},
    {"super-server", Role::kServer, &Claims::super_server},
    {"names", Role::kServer, &Claims::names},
    {"names", Role::kClient, &Claims::names},
    {"abstract", Role::kClient, &Claims::abstract_names},
    {"usage-check", Role::kClient, &Claims::usage_check},
    {"text-only", Role::kClient, &Claims::text_only},
    {"one-line", Role::kClient, &Claims::one_line},
    {"own-timeout", Role::kClient, &Claims::own_timeout},
};

}  // namespace

Claims ReadClaims(const TomlTable& table, Role role) {
  Claims claims;
  const auto given = table.Table("claims", "{ names = true }");
  if (!given) return claims;
  std::vector<std::string> known;
  for (const ClaimKey& key : kClaimKeys) {
    if (key.role == role) known.emplace_back(key.name);
  }
  given->AllowOnly(known);
  for (const ClaimKey& key : kClaimKeys) {
    if (key.role != role) continue;
    claims.*key.member = given->Flag(key.name).value_or(claims.*key.member);
  }
  return claims;
}

std::vector<std::string> ClaimWords(Role role, const LaunchSpec& spec) {
  std::vector<std::string> words;
  for (const ClaimKey& key : kClaimKeys) {
    if (key.role == role && spec.claims.*key.member) words.emplace_back(key.name);
  }
  if (spec.one_exchange) words.emplace_back("one-exchange");
  if (spec.start == StartKind::kInetdWait || spec.start == StartKind::kInetdNowait ||
      spec.start == StartKind::kSocketActivation) {
    words.emplace_back("inherits-listener");
  }
  if (spec.backlog || spec.Mentions("backlog")) words.emplace_back("backlog");
  if (spec.Mentions("address") || spec.address == "any") words.emplace_back("any-address");
  return words;
}

const std::vector<std::string>& KnownClaimWords() {
  static const std::vector<std::string> known = [] {
    std::vector<std::string> words = {"one-exchange", "inherits-listener", "backlog",
                                      "any-address"};
    for (const ClaimKey& key : kClaimKeys) {
      if (std::find(words.begin(), words.end(), key.name) == words.end()) {
        words.emplace_back(key.name);
      }
    }
    return words;
  }();
  return known;
}

}  // namespace sockspec
