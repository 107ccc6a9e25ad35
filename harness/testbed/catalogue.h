// The catalogue of requirements: data from suites/requirements/*.toml, embedded in the program.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/transport.h"

namespace sockspec {

enum class Level { kMust, kMustNot, kShould, kShouldNot, kMay };
std::string_view Name(Level level);  // "MUST NOT"
bool IsMust(Level level);            // MUST or MUST NOT
bool IsShould(Level level);

// What obliges, from the narrowest profile to the widest.
enum class ObligedBy { kContract, kTutorial, kSpec, kPractice };
std::string_view Name(ObligedBy obliged_by);

// To what a requirement applies. Empty lists: to all.
struct Scope {
  std::vector<std::string> services;         // "daytime", ...
  std::vector<std::string> client_services;  // for clients in place of `services`, unless empty
  // Where `services` names some: the traits (TraitsOf) that bring in a service of a manifest's own,
  // all needed; empty: none comes in.
  std::vector<std::string> own_services;
  std::vector<Transport> transports;
  std::vector<std::string> claims;        // all needed: "peer-log", "dual", "names", ...
  std::vector<std::string> any_claims;    // one of them needed: "dual" or "v6-only"
  std::vector<std::string> not_claims;    // none allowed: "super-server", "one-exchange", ...
  std::vector<std::string> placeholders;  // one of them must be in the command: "family", "backlog"
  std::vector<std::string> observed;      // conditions of the finished trace, all needed: "forks",
                                      // "execs", "non-blocking", "readiness", "inherits-listener"

  bool operator==(const Scope&) const = default;
};

struct Requirement {
  std::string id, area, area_title;
  std::string step;  // socket bind listen accept connect read write close process
  std::vector<Role> roles;
  Scope scope;
  Level level = Level::kMust;
  ObligedBy obliged_by = ObligedBy::kPractice;
  std::string statement, source, stimulus, criterion, mutant, hint, note;
  std::vector<std::string> planes;  // "trace", "kernel", "wire", "process", "fault": all that a
                                    // verdict needs, of one role at least
  std::string unjudged;             // why no scenario judges it on some transports, if so
  std::string condition;            // for people: when `level` is in force ...
  std::optional<Level> otherwise;   // ... and the level otherwise
  std::string file;                 // "fam.toml", for error messages
  int line = 0;

  bool AppliesTo(Role role) const;
  bool operator==(const Requirement&) const = default;
};

class Catalogue {
 public:
  // What was read when the program was built; malformed data ends the build.
  static const Catalogue& Embedded();
  explicit Catalogue(std::vector<Requirement> requirements)
      : requirements_(std::move(requirements)) {}

  const std::vector<Requirement>& requirements() const { return requirements_; }
  const Requirement* Find(std::string_view id) const;
  std::vector<std::string> Ids() const;

 private:
  std::vector<Requirement> requirements_;
};

}  // namespace sockspec
