// Plans: scope, claims, the gate, selection.
#include "harness/campaign/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/campaign/selection.h"
#include "harness/testbed/catalogue_reader.h"

namespace sockspec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kCatalogue = R"(
area = "FAM"
title = "Families"
step = "socket"
[[requirement]]
id = "FAM-01"
roles = ["server"]
scope = { transports = ["tcp4"] }
level = "MUST"
obliged-by = "contract"
statement = "It serves IPv4."
source = "a source"
planes = ["wire"]
stimulus = "An exchange."
criterion = "A reply."
mutant = "None."
hint = "Serve."
[[requirement]]
id = "FAM-02"
roles = ["server"]
scope = { transports = ["tcp6"] }
level = "MUST"
obliged-by = "contract"
statement = "It serves IPv6."
source = "a source"
planes = ["wire"]
stimulus = "An exchange."
criterion = "A reply."
mutant = "None."
hint = "Serve."
[[requirement]]
id = "FAM-03"
roles = ["server"]
scope = { claims = ["backlog"], not-claims = ["one-exchange"] }
level = "MUST"
obliged-by = "practice"
statement = "It has a backlog."
source = "a source"
planes = ["trace"]
stimulus = "An exchange."
criterion = "listen()."
mutant = "None."
hint = "Listen."
[[requirement]]
id = "FAM-04"
roles = ["server"]
scope = { services = ["echo"] }
level = "MUST"
obliged-by = "spec"
statement = "It echoes."
source = "a source"
planes = ["wire"]
stimulus = "An exchange."
criterion = "A reply."
mutant = "None."
hint = "Echo."
)";

class PlanTest : public ::testing::Test {
 protected:
  PlanTest() {
    const std::vector<Transport> tcp = {Transport::kTcp4, Transport::kTcp6};
    suite_.scenarios = {{"Backlogs", Role::kServer, tcp, "", {"FAM-03"}},
                        {"Echoes", Role::kServer, tcp, "", {"FAM-04"}},
                        {"Ordinary", Role::kServer, tcp, "", {"FAM-01", "FAM-02", "FAM-03"}}};
  }

  Plan Make(const std::string& command, const std::vector<std::string>& patterns = {},
            const std::vector<Transport>& transports = {}) {
    manifest_ = ManifestFromCommand(Role::kServer, command, "daytime",
                                    {Transport::kTcp4, Transport::kTcp6}, ".");
    return MakePlan({&manifest_.programs[0]}, SelectRequirements(catalogue_, patterns), transports,
                    catalogue_, suite_);
  }

  const Catalogue catalogue_ = ReadCatalogue({{"fam.toml", kCatalogue}});
  Suite suite_;
  Manifest manifest_;
};

TEST_F(PlanTest, PutsTheGateFirstAndLeavesOutWhatJudgesNothing) {
  const Plan plan = Make("./server {port} {backlog}");
  ASSERT_THAT(plan.cases, SizeIs(4));
  EXPECT_EQ(plan.cases[0],
            (PlannedCase{0, Transport::kTcp4, "Ordinary", {"FAM-01", "FAM-03"}, true}));
  EXPECT_EQ(plan.cases[1], (PlannedCase{0, Transport::kTcp4, "Backlogs", {"FAM-03"}, false}));
  EXPECT_EQ(plan.cases[2],
            (PlannedCase{0, Transport::kTcp6, "Ordinary", {"FAM-02", "FAM-03"}, true}));
  EXPECT_THAT(plan.claimed_away, IsEmpty());
}

TEST_F(PlanTest, RunsNothingForWhatEveryScenarioJudges) {
  suite_.scenarios[1].requirements = {"FAM-03", "FAM-04"};
  suite_.scenarios[1].own = {"FAM-04"};  // which does not apply to daytime
  const Plan plan = Make("./server {port} {backlog}", {}, {Transport::kTcp4});
  for (const PlannedCase& planned : plan.cases) EXPECT_NE(planned.scenario, "Echoes");
  suite_.scenarios[1].own = {"FAM-03", "FAM-04"};
  const Plan all = Make("./server {port} {backlog}", {"FAM-03"}, {Transport::kTcp4});
  ASSERT_THAT(all.cases, SizeIs(3));
  EXPECT_EQ(all.cases[2].scenario, "Echoes");
}

TEST_F(PlanTest, ReportsWhatAClaimTakesAway) {
  const Plan plan = Make("./server {port}", {}, {Transport::kTcp4});
  EXPECT_THAT(plan.cases, SizeIs(1));
  ASSERT_THAT(plan.claimed_away, SizeIs(1));
  EXPECT_EQ(plan.claimed_away[0].requirement, "FAM-03");
  EXPECT_THAT(plan.claimed_away[0].reason, HasSubstr("{backlog}"));
}

TEST_F(PlanTest, RunsTheGateForASelectionOutsideIt) {
  suite_.scenarios[2].requirements = {"FAM-01", "FAM-02"};
  const Plan plan = Make("./server {port} {backlog}", {"FAM-03"}, {Transport::kTcp4});
  ASSERT_THAT(plan.cases, SizeIs(2));
  EXPECT_TRUE(plan.cases[0].gate);
  EXPECT_THAT(plan.cases[0].requirements, ElementsAre("FAM-01"));
  EXPECT_THAT(plan.cases[1].requirements, ElementsAre("FAM-03"));
}

TEST_F(PlanTest, RunsNoGateAloneForASelectionThatDoesNotApply) {
  try {
    Make("./server {port}", {"FAM-03"});
    FAIL() << "planned something";
  } catch (const NothingSelected& error) {
    EXPECT_THAT(error.what(), HasSubstr("FAM-03 does not apply"));
  }
}

TEST_F(PlanTest, SuggestsForAPatternThatMatchesNothing) {
  try {
    Make("./server {port}", {"FAM-*", "FAN-02"});
    FAIL() << "selected something";
  } catch (const NothingSelected& error) {
    EXPECT_THAT(error.what(), HasSubstr("no requirement matches FAN-02; did you mean FAM-02?"));
  }
}

TEST_F(PlanTest, RefusesATransportThatNobodyDeclares) {
  EXPECT_THROW(Make("./server {port}", {}, {Transport::kUdp6}), NothingSelected);
}

TEST_F(PlanTest, NamesATransportWithoutScenarios) {
  for (SuiteScenario& scenario : suite_.scenarios) scenario.transports = {Transport::kTcp4};
  const Plan plan = Make("./server {port}");
  EXPECT_THAT(plan.uncovered, ElementsAre(Uncovered{0, Transport::kTcp6}));
}

TEST_F(PlanTest, ClaimsOfOneExchangeTakeAway) {
  manifest_ = ManifestFromCommand(Role::kServer, "./server {port} {backlog}", "daytime",
                                  {Transport::kTcp4}, ".");
  manifest_.programs[0].launch.at(Transport::kTcp4).one_exchange = true;
  const Applicability found =
      AppliesTo(*catalogue_.Find("FAM-03"), manifest_.programs[0], Transport::kTcp4);
  EXPECT_EQ(found.applies, Applies::kClaimedAway);
  EXPECT_THAT(found.reason, HasSubstr("serves one client"));
}

}  // namespace
}  // namespace sockspec
