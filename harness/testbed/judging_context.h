// What the check that is being judged now shares with the judge.
//
// GoogleTest makes check objects by itself, without arguments; so there is one context for the one
// check that runs, set by JudgeScenario.
#pragma once

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

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

// A check of the suites. GoogleTest hears of it when its scenario is judged: looking through all of
// them takes it longer than most judgements.
struct RegisteredCheck {
  std::string_view scenario, requirement;  // literals
  const char* file;
  int line;
  ::testing::Test* (*make)();
  bool known = false;  // to GoogleTest
};
std::vector<RegisteredCheck>& AllChecks();

// Null outside JudgeScenario.
JudgingContext*& CurrentJudging();

}  // namespace sockspec
