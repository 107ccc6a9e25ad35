// What the check that is being judged now shares with the judge.
//
// GoogleTest makes check objects by itself, without arguments; so there is one context for the one
// check that runs, set by JudgeScenario.
#pragma once

#include <set>
#include <string>

#include "harness/testbed/judging.h"

namespace sockspec {

struct JudgingContext {
  const Subject* subject = nullptr;
  const Timeline* timeline = nullptr;
  CheckResult result;
  std::set<int> examined;
  bool undecided = false;       // ended by Inconclusive() or NotApplicable()
  bool knows_deadline = false;  // it has asked whether the watchdog ended the scenario
};

// Thrown by Inconclusive() and NotApplicable().
struct Undecided {
  Verdict verdict;
  std::string reason;
};

// Null outside JudgeScenario.
JudgingContext*& CurrentJudging();

}  // namespace sockspec
