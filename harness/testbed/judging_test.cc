// How the results of checks become verdicts, on hand-made evidence.
#include "harness/testbed/judging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <stdexcept>

#include "harness/testbed/matchers.h"

namespace sockspec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

SCENARIO(Probe, kServer, kStreams, "a scenario for this test; never driven",
         .signal_actions = true) {}
SCENARIO(ProbeWithAddress, kServer, kStreams, "one that needs a network namespace",
         .extra_addresses = {"192.0.2.7/32"}) {}

CHECK(Probe, "TST-01") { EXPECT_THAT(TheConversation(), EndedBy(Ending::kFin)); }
CHECK(Probe, "TST-02") { EXPECT_THAT(TheConversation(), EndedBy(Ending::kReset)); }
CHECK(Probe, "TST-03") { EXPECT_TRUE(TheConversation().received.empty()) << "says hello first"; }
CHECK(Probe, "TST-04") { Inconclusive("the moon is full"); }
CHECK(Probe, "TST-05") { NotApplicable("it never forks"); }
CHECK(Probe, "TST-06") {}
CHECK(Probe, "TST-07") { throw std::out_of_range("past the end"); }
CHECK(Probe, "TST-08") {
  TheConversation();
  Note("in its own way");
  LevelHoldsIf(false, "no handler");
}
CHECK(Probe, "TST-09") {
  TheConversation();
  EXPECT_FALSE(DeadlineReached()) << "hangs";
}
CHECK(Probe, "TST-10") {
  ADD_FAILURE() << "fails first";
  Inconclusive("and gives up later");
}
CHECK(Probe, "TST-11") { EXPECT_EQ(TheConversation().received.size(), 4u); }
CHECK(Probe, "TST-12") {
  TheConversation();
  EXPECT_TRUE(Calls("accept").empty()) << "accepts";
}
CHECK(Probe, "TST-13") { EXPECT_EQ(SnapshotAt("after").descriptors, 5) << "keeps a descriptor"; }
CHECK(Probe, "TST-14") {
  TheConversation();
  Need("socket-diag");
}
CHECK(Probe, "TST-15") {
  LevelHoldsIf(EintrCanHappen("accept"), "no handler");
  TheConversation();
}
CHECK(ProbeWithAddress, "TST-15") { LevelHoldsIf(EintrCanHappen("accept"), "no handler"); }

Timeline Greeting() {
  Timeline timeline;
  timeline.Append({.kind = EventKind::kConnecting, .connection = 0});
  timeline.Append({.kind = EventKind::kConnected, .connection = 0});
  timeline.Append({.kind = EventKind::kReceived, .connection = 0, .bytes = "hello"});
  timeline.Append({.kind = EventKind::kGotFin, .connection = 0});
  return timeline;
}

Timeline CutOff() {
  Timeline timeline = Greeting();
  timeline.Append({.kind = EventKind::kDeadline, .text = "after 20 s: still running"});
  return timeline;
}

// Every thread slept, perhaps for a limited time, and then the kernel was asked; `in_spite`: though
// something was expected of the program.
Timeline Asleep(bool in_spite) {
  Timeline timeline = Greeting();
  timeline.Append({.kind = EventKind::kAsleep, .number = in_spite ? 1 : 0});
  Event event{.kind = EventKind::kSnapshot};
  event.snapshot = Snapshot{.label = "after", .descriptors = 6};
  timeline.Append(event);
  return timeline;
}

// A handler for this signal, without SA_RESTART, before the program accepts.
Timeline Handles(int signal) {
  Timeline timeline = Greeting();
  Event event{.kind = EventKind::kCall};
  event.call = Call{.name = "rt_sigaction", .number = signal, .option = "handler"};
  timeline.Append(event);
  event.call = Call{.name = "accept"};
  timeline.Append(event);
  return timeline;
}

// What was judged before the tests began: JudgeScenario runs GoogleTest, and must not run inside
// one of its tests.
struct Judged {
  std::vector<CheckResult> greeting, nothing, cut_off, untraced, blind, asleep, asleep_in_spite,
      told, broken, not_followed;
};
Judged& All() {
  static Judged judged;
  return judged;
}

void JudgeAll() {
  const std::vector<std::string> ids = RequirementsOf("Probe");
  All().greeting = JudgeScenario("Probe", {}, Greeting(), ids);
  All().nothing = JudgeScenario("Probe", {}, Timeline(), {"TST-01"});
  All().cut_off = JudgeScenario("Probe", {}, CutOff(), ids);
  const Subject untraced{.traced = false, .missing = {{"trace", "ptrace denied"}}};
  All().untraced = JudgeScenario("Probe", untraced, Greeting(), ids);
  All().blind = JudgeScenario("Probe",
                              {.traced = false,
                               .missing = {{"trace", "--planes wire"},
                                           {"kernel", "--planes wire"},
                                           {"socket-diag", "no inet_diag"}}},
                              Asleep(false), ids);
  All().told = JudgeScenario("Probe", {}, Handles(SIGUSR1), {"TST-15"});
  All().broken = JudgeScenario("Probe", {}, Handles(SIGSEGV), {"TST-15"});
  All().not_followed = JudgeScenario("ProbeWithAddress", {}, Handles(SIGUSR1), {"TST-15"});
  All().asleep = JudgeScenario("Probe", untraced, Asleep(false), ids);
  All().asleep_in_spite = JudgeScenario("Probe", untraced, Asleep(true), ids);
}

CheckResult Find(const std::vector<CheckResult>& results, const std::string& id) {
  for (const CheckResult& result : results) {
    if (result.requirement == id) return result;
  }
  ADD_FAILURE() << "no result for " << id;
  return {};
}
CheckResult JudgeOne(const std::string& id) { return Find(All().greeting, id); }

TEST(Judging, APassNamesWhatItExamined) {
  const CheckResult result = JudgeOne("TST-01");
  EXPECT_EQ(result.verdict, Verdict::kPass);
  EXPECT_EQ(result.reason, "");
  EXPECT_THAT(result.events, ElementsAre(0, 1, 2, 3));
}

TEST(Judging, AMatcherSaysWhatWasExpectedAndObserved) {
  const CheckResult result = JudgeOne("TST-02");
  EXPECT_EQ(result.verdict, Verdict::kFail);
  EXPECT_THAT(result.expected, HasSubstr("RST"));
  EXPECT_THAT(result.observed, HasSubstr("ended by FIN"));
  EXPECT_THAT(result.file, HasSubstr("judging_test.cc"));
  EXPECT_GT(result.line, 0);
}

TEST(Judging, ASentenceIsTheReason) {
  EXPECT_EQ(JudgeOne("TST-03").reason, "says hello first");
  EXPECT_EQ(JudgeOne("TST-03").observed, "");
}

TEST(Judging, NumbersThatDifferAreShown) { EXPECT_THAT(JudgeOne("TST-11").reason, HasSubstr("5")); }

TEST(Judging, UndecidedAndNotApplicableKeepTheirReasons) {
  EXPECT_EQ(JudgeOne("TST-04").verdict, Verdict::kInconclusive);
  EXPECT_EQ(JudgeOne("TST-04").reason, "the moon is full");
  EXPECT_EQ(JudgeOne("TST-05").verdict, Verdict::kNotApplicable);
}

TEST(Judging, ACheckThatLooksAtNothingDoesNotPass) {
  EXPECT_EQ(JudgeOne("TST-06").verdict, Verdict::kError);
}

TEST(Judging, AnExceptionIsTheHarnesssOwnTrouble) {
  const CheckResult result = JudgeOne("TST-07");
  EXPECT_EQ(result.verdict, Verdict::kError);
  EXPECT_THAT(result.reason, HasSubstr("past the end"));
}

TEST(Judging, MissingEvidenceIsInconclusive) {
  EXPECT_EQ(Find(All().nothing, "TST-01").verdict, Verdict::kInconclusive);
}

TEST(Judging, NotesAndLoweredLevelsAreKept) {
  const CheckResult result = JudgeOne("TST-08");
  EXPECT_EQ(result.verdict, Verdict::kPass);
  EXPECT_TRUE(result.lowered);
  EXPECT_THAT(result.notes, ElementsAre("in its own way", "no handler"));
}

TEST(Judging, AFailureStandsThoughTheCheckGivesUpLater) {
  EXPECT_EQ(JudgeOne("TST-10").verdict, Verdict::kFail);
}

TEST(Judging, TheWatchdogMakesVerdictsInconclusiveButForThoseAboutHanging) {
  EXPECT_EQ(Find(All().cut_off, "TST-01").verdict, Verdict::kInconclusive);
  EXPECT_EQ(Find(All().cut_off, "TST-02").verdict, Verdict::kInconclusive);
  EXPECT_EQ(Find(All().cut_off, "TST-09").verdict, Verdict::kFail);
}

TEST(Judging, WithoutTracingWhatNeedsNoCallsIsJudged) {
  EXPECT_EQ(Find(All().untraced, "TST-01").verdict, Verdict::kPass);
  EXPECT_EQ(Find(All().untraced, "TST-02").verdict, Verdict::kFail);
  const CheckResult hidden = Find(All().untraced, "TST-12");
  EXPECT_EQ(hidden.verdict, Verdict::kInconclusive);
  EXPECT_EQ(hidden.reason, "not observable here (ptrace denied)");
  EXPECT_EQ(Find(All().greeting, "TST-12").verdict, Verdict::kPass);
}

TEST(Judging, WhatTheCommandLineLeavesOutIsNamed) {
  EXPECT_EQ(Find(All().blind, "TST-12").reason, "not observable here (--planes wire)");
  EXPECT_EQ(Find(All().blind, "TST-13").reason, "not observable here (--planes wire)");
  EXPECT_EQ(Find(All().blind, "TST-14").reason, "not observable here (no inet_diag)");
  EXPECT_EQ(Find(All().untraced, "TST-14").verdict, Verdict::kPass);
}

TEST(Judging, WhatMayStillHaveComeIsNoFailure) {
  const CheckResult late = Find(All().asleep_in_spite, "TST-02");
  EXPECT_EQ(late.verdict, Verdict::kInconclusive);
  EXPECT_THAT(late.reason, HasSubstr("not observable here (ptrace denied)"));
  EXPECT_EQ(Find(All().asleep_in_spite, "TST-01").verdict, Verdict::kPass);
  // At a mere rest only what the kernel was asked about afterwards may change.
  EXPECT_EQ(Find(All().asleep, "TST-02").verdict, Verdict::kFail);
  EXPECT_EQ(Find(All().asleep, "TST-13").verdict, Verdict::kInconclusive);
}

TEST(Judging, OnlyAHandlerOfASignalFromOthersLetsCallsBeInterrupted) {
  EXPECT_FALSE(Find(All().told, "TST-15").lowered);
  EXPECT_TRUE(Find(All().broken, "TST-15").lowered);
  EXPECT_EQ(Find(All().not_followed, "TST-15").verdict, Verdict::kError);
  EXPECT_THAT(Find(All().not_followed, "TST-15").reason, HasSubstr(".signal_actions = true"));
}

TEST(Judging, AScenarioWithAddressesOfItsOwnNeedsNamespaces) {
  EXPECT_EQ(WhyNotObservable("ProbeWithAddress", {}), "");
  EXPECT_EQ(
      WhyNotObservable("ProbeWithAddress",
                       {.isolated = false, .missing = {{"namespaces", "no user namespaces"}}}),
      "not observable here (no user namespaces)");
  EXPECT_EQ(WhyNotObservable("Probe", {.isolated = false}), "");
}

TEST(Judging, ResultsComeInOrder) {
  EXPECT_THAT(All().greeting, SizeIs(15));
  EXPECT_EQ(All().greeting.front().requirement, "TST-01");
  EXPECT_EQ(All().greeting.back().requirement, "TST-15");
}

TEST(Judging, KnowsTheRequirementsOfAScenario) {
  EXPECT_THAT(RequirementsOf("Probe"), SizeIs(15));
  EXPECT_THAT(RequirementsOf("NoSuchScenario"), SizeIs(0));
}

}  // namespace
}  // namespace sockspec

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  auto* printer = listeners.Release(listeners.default_result_printer());
  sockspec::JudgeAll();
  listeners.Append(printer);
  GTEST_FLAG_SET(filter, "Judging.*");
  return RUN_ALL_TESTS();
}
