// Verdicts: merging, the gate, levels and profiles, waivers, the control, exit statuses.
#include "harness/campaign/verdicts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/campaign/campaign_testing.h"

namespace sockspec {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Word = report::Verdict;

class VerdictsTest : public ::testing::Test {
 protected:
  report::Report Make(const std::vector<RecordedScenario>& scenarios, RecordFooter footer = {}) {
    ReportBuilder builder(header_, catalogue_);
    for (const RecordedScenario& scenario : scenarios) builder.Add(scenario, DigestOf(scenario));
    return builder.Finish(footer);
  }

  static const report::Row& RowOf(const report::Report& report, const std::string& id) {
    const auto found = std::find_if(report.rows.begin(), report.rows.end(),
                                    [&](const report::Row& row) { return row.requirement == id; });
    if (found == report.rows.end()) throw std::out_of_range("no row " + id);
    return *found;
  }

  const Catalogue catalogue_ = TestCatalogue();
  RecordHeader header_ = TestHeader();
  const RecordedScenario gate_ =
      Ran("Gate", {Found("FAM-01", Verdict::kPass), Found("TST-01", Verdict::kPass)});
  const RecordedScenario closed_gate_ =
      Ran("Gate",
          {Found("FAM-01", Verdict::kFail, "it never serves"), Found("TST-01", Verdict::kPass)});

  static RecordedScenario Other(Verdict verdict, const std::string& reason = "because") {
    return Ran("Other", {Found("TST-01", verdict, reason), Found("TST-02", Verdict::kPass),
                         Found("TST-03", Verdict::kPass), Found("TST-04", Verdict::kPass)});
  }
};

TEST_F(VerdictsTest, AllPassedIsStatusZero) {
  const report::Report report = Make({gate_, Other(Verdict::kPass)});
  EXPECT_EQ(report.exit_code, 0);
  EXPECT_EQ(report.rows.size(), 5u);
  for (const report::Row& row : report.rows) EXPECT_EQ(row.verdict, Word::kPass) << row.requirement;
}

TEST_F(VerdictsTest, TheWorstFindingCounts) {
  const auto merged = [&](Verdict other) {
    return RowOf(Make({gate_, Other(other)}), "TST-01").verdict;
  };
  EXPECT_EQ(merged(Verdict::kNotApplicable), Word::kPass);
  EXPECT_EQ(merged(Verdict::kInconclusive), Word::kInconclusive);
  EXPECT_EQ(merged(Verdict::kError), Word::kError);
  EXPECT_EQ(merged(Verdict::kFail), Word::kFail);
}

TEST_F(VerdictsTest, OfEqualFindingsTheFirstScenarioByNameCountsInAnyOrder) {
  const RecordedScenario failing_gate = Ran(
      "Gate", {Found("FAM-01", Verdict::kPass), Found("TST-01", Verdict::kFail, "in the gate")});
  const RecordedScenario failing_other = Other(Verdict::kFail, "in the other");
  for (const auto& scenarios :
       {std::vector{failing_gate, failing_other}, std::vector{failing_other, failing_gate}}) {
    const report::Report report = Make(scenarios);
    EXPECT_EQ(RowOf(report, "TST-01").reason, "in the gate");
    EXPECT_EQ(RowOf(report, "TST-01").scenario, "Gate");
  }
}

TEST_F(VerdictsTest, NotesOfAllScenariosAreKept) {
  RecordedScenario gate = gate_;
  gate.results[1].notes = {"one"};
  RecordedScenario other = Other(Verdict::kPass);
  other.results[0].notes = {"two"};
  EXPECT_THAT(RowOf(Make({other, gate}), "TST-01").notes, ElementsAre("one", "two"));
}

class SweepVerdictsTest : public VerdictsTest {
 protected:
  static RecordedScenario Step(int step, Verdict verdict, const std::string& reason = "") {
    RecordedScenario other = Other(verdict, reason);
    other.step = step;
    other.goes_on = verdict != Verdict::kNotApplicable;
    return other;
  }
};

TEST_F(SweepVerdictsTest, PassesWhereEachStepDoesAndTheLastReachesNothing) {
  const report::Report report =
      Make({gate_, Step(1, Verdict::kPass), Step(2, Verdict::kNotApplicable, "no such call")});
  const report::Row& row = RowOf(report, "TST-01");
  EXPECT_EQ(row.verdict, Word::kPass);
  EXPECT_EQ(row.reason, "");
}

TEST_F(SweepVerdictsTest, FailsByTheStepThatFailsAndShowsThemAll) {
  const report::Report report =
      Make({gate_, Step(1, Verdict::kPass), Step(2, Verdict::kFail, "loses a byte"),
            Step(3, Verdict::kNotApplicable, "no such call")});
  const report::Row& row = RowOf(report, "TST-01");
  EXPECT_EQ(row.verdict, Word::kFail);
  EXPECT_EQ(row.reason, "loses a byte (step 2 of the sweep)");
  std::vector<std::string> texts;
  for (const report::ExcerptLine& line : row.excerpt) texts.push_back(line.text);
  EXPECT_THAT(texts,
              ElementsAre("step 1 of the sweep: pass", "step 2 of the sweep: fail: loses a byte",
                          "step 3 of the sweep: the program makes no such call"));
}

TEST_F(SweepVerdictsTest, NamesTheStepInTheLog) {
  RecordedScenario step = Step(2, Verdict::kFail, "loses a byte");
  step.timeline.Append({.kind = EventKind::kOutput, .number = 2, .bytes = "lost"});
  const report::Report report = Make({gate_, Step(1, Verdict::kPass), step});
  ASSERT_EQ(report.logs.size(), 1u);
  EXPECT_EQ(report.logs[0].scenario, "Other step 2");
}

TEST_F(VerdictsTest, BehindAClosedGateNothingPassesOrFails) {
  const report::Report report = Make({closed_gate_, Other(Verdict::kFail)});
  EXPECT_EQ(RowOf(report, "FAM-01").verdict, Word::kFail);
  for (const char* id : {"TST-01", "TST-02", "TST-03", "TST-04"}) {
    EXPECT_EQ(RowOf(report, id).verdict, Word::kInconclusive) << id;
    EXPECT_THAT(RowOf(report, id).reason, HasSubstr("FAM-01 (fail): it never serves")) << id;
  }
  EXPECT_EQ(report.exit_code, 1);
}

TEST_F(VerdictsTest, WhatFailsInAClosedGateStaysFailed) {
  RecordedScenario gate = closed_gate_;
  gate.results[1] = Found("TST-01", Verdict::kFail, "as it says");
  const report::Report report = Make({gate, Other(Verdict::kPass)});
  EXPECT_EQ(RowOf(report, "TST-01").verdict, Word::kFail);
}

TEST_F(VerdictsTest, WhatAProgramNeverDidProvesNothingBehindAClosedGate) {
  RecordedScenario gate = closed_gate_;
  gate.results[1] = Found("TST-01", Verdict::kNotApplicable, "it never forks");
  header_.plan.selected.insert(header_.plan.selected.begin() + 1, "FAM-02");
  header_.plan.claimed_away = {{0, Transport::kTcp4, "FAM-02", "not claimed: dual"}};
  const report::Report report = Make({gate, Other(Verdict::kNotApplicable)});
  EXPECT_EQ(RowOf(report, "TST-01").verdict, Word::kInconclusive);
  EXPECT_EQ(RowOf(report, "FAM-02").verdict, Word::kNotApplicable);
}

TEST_F(VerdictsTest, AGateThatWasNotRunOpensNothing) {
  const RecordFooter footer{.complete = false, .incomplete = "interrupted", .interrupted = true};
  const report::Report report = Make({Other(Verdict::kPass)}, footer);
  EXPECT_EQ(RowOf(report, "TST-02").verdict, Word::kInconclusive);
  EXPECT_EQ(RowOf(report, "FAM-01").verdict, Word::kError);
  EXPECT_EQ(report.exit_code, 130);
  EXPECT_FALSE(report.complete);
}

TEST_F(VerdictsTest, TheGateIsShownUnaskedOnlyWhereItDidNotPass) {
  header_.plan.selected = {"TST-02"};
  header_.plan.cases = {{0, Transport::kTcp4, "Gate", {"FAM-01"}, true},
                        {0, Transport::kTcp4, "Other", {"TST-02"}, false}};
  const RecordedScenario other = Ran("Other", {Found("TST-02", Verdict::kPass)});
  EXPECT_EQ(Make({Ran("Gate", {Found("FAM-01", Verdict::kPass)}), other}).rows.size(), 1u);
  const report::Report closed =
      Make({Ran("Gate", {Found("FAM-01", Verdict::kFail, "never")}), other});
  EXPECT_EQ(closed.rows.size(), 2u);
  EXPECT_EQ(closed.exit_code, 1);
}

TEST_F(VerdictsTest, ProfilesChooseWhatCounts) {
  const auto counting = [&](const char* profile) {
    header_.profile = profile;
    std::vector<std::string> ids;
    for (const report::Row& row : Make({gate_, Other(Verdict::kPass)}).rows) {
      if (row.counts) ids.push_back(row.requirement);
    }
    return ids;
  };
  EXPECT_THAT(counting("tutorial"), ElementsAre("FAM-01", "TST-04"));
  EXPECT_THAT(counting("robust"), ElementsAre("FAM-01", "TST-01", "TST-04"));
  EXPECT_THAT(counting("strict"), ElementsAre("FAM-01", "TST-01", "TST-02", "TST-04"));
}

TEST_F(VerdictsTest, AFailedPracticeIsNoMatterForTheTutorial) {
  EXPECT_EQ(Make({gate_, Other(Verdict::kFail)}).exit_code, 1);
  header_.profile = "tutorial";
  EXPECT_EQ(Make({gate_, Other(Verdict::kFail)}).exit_code, 0);
}

TEST_F(VerdictsTest, ALoweredLevelDoesNotCount) {
  RecordedScenario other = Other(Verdict::kPass);
  other.results[3] = Found("TST-04", Verdict::kFail, "it cannot");
  EXPECT_EQ(Make({gate_, other}).exit_code, 1);
  other.results[3].lowered = true;
  const report::Report report = Make({gate_, other});
  EXPECT_EQ(RowOf(report, "TST-04").level, report::Level::kShould);
  EXPECT_FALSE(RowOf(report, "TST-04").counts);
  EXPECT_EQ(report.exit_code, 0);
}

TEST_F(VerdictsTest, UndecidedIsStatusThree) {
  EXPECT_EQ(Make({gate_, Other(Verdict::kInconclusive)}).exit_code, 3);
  EXPECT_EQ(Make({gate_, Other(Verdict::kError)}).exit_code, 3);
}

TEST_F(VerdictsTest, NoVerdictAtTheEndIsAnError) {
  RecordedScenario other = Other(Verdict::kPass);
  other.results.pop_back();
  const report::Report report = Make({gate_, other});
  EXPECT_EQ(RowOf(report, "TST-04").verdict, Word::kError);
  EXPECT_EQ(RowOf(report, "TST-04").scenario, "Other");
  EXPECT_EQ(report.exit_code, 3);
}

TEST_F(VerdictsTest, AnIncompleteRecordIsStatusThreeWhateverFailed) {
  const RecordFooter footer{.complete = false, .incomplete = "the record is cut off"};
  EXPECT_EQ(Make({gate_, Other(Verdict::kFail)}, footer).exit_code, 3);
  EXPECT_EQ(Make({gate_}, footer).exit_code, 3);
}

TEST_F(VerdictsTest, AProgramThatCannotBeExecutedIsStatusFour) {
  RecordedScenario gate = Ran("Gate", {Found("FAM-01", Verdict::kError, "exec: ENOEXEC"),
                                       Found("TST-01", Verdict::kError, "exec: ENOEXEC")});
  gate.outcome = "not-executable";
  EXPECT_EQ(Make({gate, Other(Verdict::kInconclusive)}).exit_code, 4);
}

TEST_F(VerdictsTest, AWaiverTakesAFailureOutOfTheCountUntilItsLastDay) {
  header_.programs[0].waivers = {{"TST-01", "the assignment says so", "2026-11-22"}};
  const report::Report waived = Make({gate_, Other(Verdict::kFail)});
  EXPECT_TRUE(RowOf(waived, "TST-01").waived);
  EXPECT_EQ(RowOf(waived, "TST-01").waiver, "the assignment says so");
  EXPECT_EQ(waived.exit_code, 0);
  header_.programs[0].waivers[0].until = "2026-11-21";
  const report::Report expired = Make({gate_, Other(Verdict::kFail)});
  EXPECT_FALSE(RowOf(expired, "TST-01").waived);
  EXPECT_EQ(expired.exit_code, 1);
  EXPECT_THAT(expired.warnings, Contains(HasSubstr("TST-01 by server expired on 2026-11-21")));
}

TEST_F(VerdictsTest, WhatTheReferenceFailsHereIsThisHost) {
  header_.host_faults = {{Role::kServer, Transport::kTcp4, "TST-01", "no such call"}};
  const report::Report report = Make({gate_, Other(Verdict::kFail)});
  EXPECT_EQ(RowOf(report, "TST-01").verdict, Word::kError);
  EXPECT_THAT(RowOf(report, "TST-01").reason, HasSubstr("this host"));
  EXPECT_EQ(report.exit_code, 3);
  // Elsewhere, and for a pass, it says nothing.
  header_.host_faults[0].transport = Transport::kTcp6;
  EXPECT_EQ(RowOf(Make({gate_, Other(Verdict::kFail)}), "TST-01").verdict, Word::kFail);
  header_.host_faults[0].transport = Transport::kTcp4;
  EXPECT_EQ(RowOf(Make({gate_, Other(Verdict::kPass)}), "TST-01").verdict, Word::kPass);
}

TEST_F(VerdictsTest, AClaimTakesAwayWithItsReason) {
  header_.plan.selected.insert(header_.plan.selected.begin() + 1, "FAM-02");
  header_.plan.claimed_away = {{0, Transport::kTcp4, "FAM-02", "not claimed: dual"}};
  const report::Report report = Make({gate_, Other(Verdict::kPass)});
  EXPECT_EQ(RowOf(report, "FAM-02").verdict, Word::kNotApplicable);
  EXPECT_EQ(RowOf(report, "FAM-02").reason, "not claimed: dual");
  EXPECT_EQ(report.exit_code, 0);
}

TEST_F(VerdictsTest, AnUncoveredTransportIsNeverStatusZero) {
  header_.plan.uncovered = {{0, Transport::kUdp4}};
  const report::Report report = Make({gate_, Other(Verdict::kPass)});
  EXPECT_EQ(report.exit_code, 3);
  EXPECT_THAT(report.warnings, Contains(HasSubstr("udp4 of server was not judged")));
}

TEST_F(VerdictsTest, PacketsThatWereNotCapturedAreAWarning) {
  RecordedScenario lacking = Other(Verdict::kPass);
  lacking.uncaptured = 7;
  const report::Report report = Make({gate_, lacking});
  EXPECT_EQ(report.exit_code, 0);
  EXPECT_THAT(report.warnings, Contains(HasSubstr("missing in 1 captures: 7 packets")));
}

TEST_F(VerdictsTest, PlanesLeftOutOnPurposeDoNotCountButSomethingMustPass) {
  const std::string left_out = "not observable here (--planes wire)";
  const auto hidden = [](const std::string& reason) {
    return Ran("Other",
               {Found("TST-01", Verdict::kPass), Found("TST-02", Verdict::kPass),
                Found("TST-03", Verdict::kPass), Found("TST-04", Verdict::kInconclusive, reason)});
  };
  const RecordedScenario other = hidden(left_out);
  header_.planes = "wire, process (--planes wire)";
  header_.planes_asked = true;
  EXPECT_EQ(Make({gate_, other}).exit_code, 0);
  const RecordedScenario refused = hidden("not observable here (no user namespaces)");
  EXPECT_EQ(Make({gate_, refused}).exit_code, 3) << "nobody asked for that";
  const RecordedScenario blind = Ran("Gate", {Found("FAM-01", Verdict::kInconclusive, left_out),
                                              Found("TST-01", Verdict::kInconclusive, left_out)});
  EXPECT_EQ(Make({blind, other}).exit_code, 3);
}

TEST_F(VerdictsTest, WhereTracingIsDeniedTheResultIsNeverAPass) {
  header_.planes = "kernel, wire, process (ptrace denied)";
  EXPECT_EQ(Make({gate_, Other(Verdict::kPass)}).exit_code, 3);
  EXPECT_EQ(Make({gate_, Other(Verdict::kFail)}).exit_code, 1);
}

TEST_F(VerdictsTest, AScenarioThatCannotBeObservedLeavesTheVerdictToTheOthers) {
  const std::string denied = "not observable here (ptrace denied)";
  const RecordedScenario hidden = Ran("Other", {Found("TST-01", Verdict::kInconclusive, denied)});
  const auto with = [&](Verdict verdict) {
    const RecordedScenario gate =
        Ran("Gate", {Found("FAM-01", Verdict::kPass), Found("TST-01", verdict)});
    return RowOf(Make({gate, hidden}), "TST-01").verdict;
  };
  EXPECT_EQ(with(Verdict::kPass), report::Verdict::kPass);
  EXPECT_EQ(with(Verdict::kFail), report::Verdict::kFail);
  EXPECT_EQ(with(Verdict::kNotApplicable), report::Verdict::kInconclusive);
}

TEST_F(VerdictsTest, RepeatsJustThatCase) {
  EXPECT_EQ(RowOf(Make({gate_, Other(Verdict::kPass)}), "TST-01").repeat,
            "sockspec run --server './server {port}' --select TST-01 --transport tcp4");
}

TEST_F(VerdictsTest, KeepsTheOutputOfScenariosThatDidNotPass) {
  RecordedScenario other = Other(Verdict::kFail);
  other.timeline.Append({.kind = EventKind::kOutput, .number = 2, .bytes = "cannot bind\n"});
  RecordedScenario gate = gate_;
  gate.timeline.Append({.kind = EventKind::kOutput, .number = 1, .bytes = "ready\n"});
  const report::Report report = Make({gate, other});
  ASSERT_EQ(report.logs.size(), 1u);
  EXPECT_EQ(report.logs[0].standard_error, "cannot bind\n");
  EXPECT_EQ(report.logs[0].scenario, "Other");
}

TEST_F(VerdictsTest, ARecordOfUnknownRequirementsIsRefused) {
  header_.plan.cases[1].requirements.push_back("XYZ-99");
  EXPECT_THROW(ReportBuilder(header_, catalogue_), RecordError);
}

}  // namespace
}  // namespace sockspec
