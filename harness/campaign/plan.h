// The plan: which scenarios run for which program on which transport, and what they are to judge.
//
// A pure function of manifests, selection, catalogue and suite.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "harness/base/transport.h"
#include "harness/campaign/suite.h"
#include "harness/manifest/manifest.h"
#include "harness/testbed/catalogue.h"

namespace sockspec {

// One scenario for one program on one transport.
struct PlannedCase {
  int program = 0;  // number in the order of the manifests and their programs
  Transport transport = Transport::kTcp4;
  std::string scenario;
  std::vector<std::string> requirements;  // to judge, sorted; those of the gate always
  bool gate = false;
  int sweep = 0;  // a sweep of at most so many steps, each a line of the record; 0: no sweep

  friend bool operator==(const PlannedCase&, const PlannedCase&) = default;
};

// A requirement that was selected and does not apply because of what the manifest claims.
struct ClaimedAway {
  int program = 0;
  Transport transport = Transport::kTcp4;
  std::string requirement;
  std::string reason;

  friend bool operator==(const ClaimedAway&, const ClaimedAway&) = default;
};

// A transport that a program declares and that no scenario covers.
struct Uncovered {
  int program = 0;
  Transport transport = Transport::kTcp4;

  friend bool operator==(const Uncovered&, const Uncovered&) = default;
};

struct Plan {
  std::vector<std::string> selected;  // ids, sorted
  std::vector<PlannedCase> cases;     // by program, transport; the gate first, then by name
  std::vector<ClaimedAway> claimed_away;
  std::vector<Uncovered> uncovered;
};

enum class Applies {
  kYes,
  kOutOfScope,  // another role, service or transport: no word is lost on it
  kClaimedAway  // not applicable because of a claim, which is reported
};
struct Applicability {
  Applies applies = Applies::kYes;
  std::string reason;  // for kClaimedAway
};
Applicability AppliesTo(const Requirement& requirement, const Program& program,
                        Transport transport);

// `transports` empty: all that each program declares. Throws NothingSelected when no scenario would
// run.
Plan MakePlan(const std::vector<const Program*>& programs, const std::set<std::string>& selected,
              const std::vector<Transport>& transports, const Catalogue& catalogue,
              const Suite& suite);

}  // namespace sockspec
