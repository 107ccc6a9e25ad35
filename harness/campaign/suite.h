// What the campaign asks of the suites: which scenarios there are and what each judges.
//
// A plain value, so that plans and verdicts can be tested with suites made up for the purpose.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/transport.h"
#include "harness/testbed/catalogue.h"

namespace sockspec {

struct SuiteScenario {
  std::string name;
  Role role = Role::kServer;
  std::vector<Transport> transports;
  std::string description;
  std::vector<std::string> requirements;  // ids, sorted
  // Those of them that it is there for: not what every scenario of the role judges besides.
  std::vector<std::string> own;
  std::vector<std::string> services;  // that it is about; empty: any
  bool long_run = false;              // takes many times as long as others
  bool needs_namespaces = false;      // is not driven without
  int sweep = 0;                      // of at most so many steps; 0: no sweep
  std::string file;                   // from the repository's root
  int line = 0;

  bool Judges(std::string_view requirement) const;
  bool RunsOn(Transport transport) const;
  bool IsAbout(std::string_view service) const;
};

struct Suite {
  std::vector<SuiteScenario> scenarios;  // sorted by name

  const SuiteScenario* Find(std::string_view name) const;
  // The scenario of the ordinary exchange: nothing else is believed where it does not pass.
  const SuiteScenario* Gate(Role role, Transport transport, std::string_view service) const;
};

// The requirements by which a gate is passed: FAM-01, FAM-02 or UNX-01; CLI-01 and CLI-02; over raw
// sockets those that one scenario alone judges together.
std::vector<std::string> GateRequirements(Role role, Transport transport, std::string_view service);

// The requirements that lose their verdicts, for one role at least, where a means of seeing is
// missing: "trace", "kernel" or "namespaces" (see Subject::missing). Sorted.
std::vector<std::string> LostWithout(std::string_view means, const Suite& suite,
                                     const Catalogue& catalogue);

// The scenarios and checks linked into this program.
Suite EmbeddedSuite();

}  // namespace sockspec
