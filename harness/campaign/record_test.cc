// Records: every value survives, what is wrong is named, what is missing is seen.
#include "harness/campaign/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/campaign/campaign_testing.h"
#include "harness/campaign/record_writer.h"

namespace sockspec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RecordTest : public ::testing::Test {
 protected:
  RecordTest() {
    header_ = TestHeader();
    gate_ = Ran("Gate", {Found("FAM-01", Verdict::kPass)});
    gate_.timeline.Append(
        {.at = 5, .kind = EventKind::kReceived, .bytes = std::string("\0\xff\r\n", 4)});
    gate_.results[0].events = {0};
    other_ = Ran("Other", {Found("TST-01", Verdict::kFail, "because")});
  }

  std::string Write(const std::string& text) {
    const std::string file = ::testing::TempDir() + "record_test.jsonl";
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

  std::string Lines(const RecordFooter* footer) {
    std::string text =
        HeaderToJson(header_) + "\n" + ScenarioToJson(gate_) + "\n" + ScenarioToJson(other_) + "\n";
    if (footer != nullptr) text += FooterToJson(*footer) + "\n";
    return text;
  }

  RecordFooter Read(const std::string& text) {
    names_.clear();
    return ReadRecord(
        Write(text),
        {.header = [](const RecordHeader&) {},
         .scenario = [this](RecordedScenario scenario) { names_.push_back(scenario.scenario); }});
  }

  std::string ErrorOf(const std::string& text) {
    try {
      Read(text);
    } catch (const RecordError& error) {
      return error.what();
    }
    return "no error";
  }

  RecordHeader header_;
  RecordedScenario gate_, other_;
  const RecordFooter footer_{.seconds = 1.5, .scenarios = 2, .counts = {{"pass", 1}, {"fail", 1}}};
  std::vector<std::string> names_;
};

TEST_F(RecordTest, HeadersSurvive) {
  header_.warnings = {"a warning"};
  header_.patterns = {"CLS-*"};
  header_.planes_asked = true;
  header_.host_faults = {{Role::kClient, Transport::kTcp6, "CLI-01", "no IPv6"}};
  header_.plan.claimed_away = {{0, Transport::kTcp4, "FAM-02", "not claimed"}};
  header_.plan.uncovered = {{0, Transport::kTcp4}};
  header_.programs[0].waivers = {{"TST-01", "why", "2027-01-31"}};
  LaunchSpec& launch = header_.programs[0].program.launch.at(Transport::kTcp4);
  launch.environment = {{"NAME", "va\xfflue"}};
  launch.files = {{"inetd.conf", "{port} stream\n"}};
  launch.standard_input = {StdinKind::kText, "13\n", StdinWhen::kSettled};
  launch.port = 13;
  launch.path = "/tmp/s";
  launch.backlog = 5;
  launch.start = StartKind::kInetdWait;
  launch.stop_signal = 2;
  launch.stop_target = StopTarget::kGroup;
  launch.one_exchange = true;
  launch.claims.dual = launch.claims.abstract_names = true;
  launch.claims.own_timeout = false;
  launch.limit_per_minute = 255;
  launch.output = OutputKind::kDecoded;
  const std::string line = HeaderToJson(header_);
  const RecordHeader read = HeaderFromJson(line);
  EXPECT_EQ(HeaderToJson(read), line);
  const LaunchSpec& back = read.programs[0].program.launch.at(Transport::kTcp4);
  EXPECT_EQ(back.environment, launch.environment);
  EXPECT_EQ(back.claims, launch.claims);
  EXPECT_EQ(back.start, StartKind::kInetdWait);
  EXPECT_EQ(back.backlog, 5);
  EXPECT_EQ(read.plan.cases, header_.plan.cases);
  EXPECT_EQ(read.plan.claimed_away, header_.plan.claimed_away);
}

TEST_F(RecordTest, ScenariosSurvive) {
  gate_.phases = {{"ready", 1.25}};
  gate_.uncaptured = 7;
  gate_.subject.reply = std::string("\xfe\0x", 3);
  gate_.subject.traced = false;
  gate_.results[0].notes = {"a note"};
  gate_.results[0].lowered = true;
  const std::string line = ScenarioToJson(gate_);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const RecordedScenario read = ScenarioFromJson(line, header_);
  EXPECT_EQ(ScenarioToJson(read), line);
  EXPECT_EQ(read.timeline[0].bytes, std::string("\0\xff\r\n", 4));
  EXPECT_EQ(read.subject.reply, gate_.subject.reply);
  EXPECT_FALSE(read.subject.traced);
  EXPECT_EQ(read.uncaptured, 7);
  EXPECT_EQ(read.subject.launch.command,
            header_.programs[0].program.launch.at(Transport::kTcp4).command);
  EXPECT_EQ(read.results[0].notes, gate_.results[0].notes);
}

TEST_F(RecordTest, ReasonsThatAreNoTextAreRepairedAndStaySo) {
  const std::vector<CheckResult> once = AsRecorded({Found("TST-01", Verdict::kFail, "got \xff")});
  EXPECT_EQ(once[0].reason, "got \uFFFD");
  EXPECT_EQ(AsRecorded(once)[0].reason, once[0].reason);
}

TEST_F(RecordTest, ReadsInOrderAndToTheFooter) {
  const RecordFooter read = Read(Lines(&footer_));
  EXPECT_THAT(names_, ElementsAre("Gate", "Other"));
  EXPECT_TRUE(read.complete);
  EXPECT_EQ(read.seconds, 1.5);
  EXPECT_EQ(read.counts.at("fail"), 1);
}

TEST_F(RecordTest, SeesWhereverItIsCutOff) {
  const std::string whole = Lines(&footer_);
  const std::size_t header = whole.find('\n') + 1;
  for (std::size_t cut = header; cut < whole.size() - 1; cut += 7) {
    const RecordFooter read = Read(whole.substr(0, cut));
    ASSERT_FALSE(read.complete) << "cut at " << cut;
    EXPECT_THAT(read.incomplete, HasSubstr("of 2 scenarios"));
  }
  EXPECT_TRUE(Read(whole.substr(0, whole.size() - 1)).complete) << "only the last line break";
}

TEST_F(RecordTest, NamesFileAndLineOfWhatIsWrong) {
  std::string broken = Lines(&footer_);
  broken.insert(broken.find('\n') + 2, "x");
  EXPECT_THAT(ErrorOf(broken), HasSubstr("record_test.jsonl:2: "));
  EXPECT_THAT(ErrorOf(Lines(&footer_) + "{}\n"), HasSubstr(":5: stands after the footer"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("is empty"));
  EXPECT_THAT(ErrorOf("{\"kind\":\"footer\"}\n"), HasSubstr(":1: this is no record"));
  EXPECT_THAT(ErrorOf("[1]\n"), HasSubstr("is no JSON object"));
}

TEST_F(RecordTest, RefusesScenariosThatWereNotPlannedOrAreThereTwice) {
  other_.scenario = "Gate";
  EXPECT_THAT(ErrorOf(Lines(&footer_)), HasSubstr(":3: Gate on tcp4 was not planned, or is there"));
}

TEST_F(RecordTest, RefusesACompleteFooterWithScenariosMissing) {
  EXPECT_THAT(ErrorOf(HeaderToJson(header_) + "\n" + FooterToJson(footer_) + "\n"),
              HasSubstr("2 of 2 scenarios are missing"));
}

TEST_F(RecordTest, RefusesAnEventThatIsNotThere) {
  gate_.results[0].events = {1};
  EXPECT_THAT(ErrorOf(Lines(&footer_)), HasSubstr("FAM-01: there is no event 1"));
}

TEST_F(RecordTest, RefusesANewerVersionInOneClearLine) {
  std::string line = HeaderToJson(header_);
  const std::string version = "\"format_version\":1";
  line.replace(line.find(version), version.size(), "\"format_version\":2");
  EXPECT_THAT(ErrorOf(line + "\n"), HasSubstr("has format version 2, and this sockspec reads 1"));
}

TEST_F(RecordTest, AcceptsUnknownKeys) {
  std::string text = Lines(&footer_);
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    text.insert(at + 1, "\"later\":[1,{}],");
    if (text.find('\n', at) == std::string::npos) break;
  }
  // The footer is told by its first key.
  const std::string footer = "{\"later\":[1,{}],\"kind\":\"footer\"";
  const std::size_t at = text.find(footer);
  ASSERT_NE(at, std::string::npos);
  EXPECT_TRUE(Read(text).complete);
}

class SweepRecordTest : public RecordTest {
 protected:
  SweepRecordTest() { header_.plan.cases[1].sweep = 3; }

  // The line of a step of Other.
  std::string Step(int step, bool goes_on) {
    other_.step = step;
    other_.goes_on = goes_on;
    return ScenarioToJson(other_) + "\n";
  }
  std::string Begin() { return HeaderToJson(header_) + "\n" + ScenarioToJson(gate_) + "\n"; }
  std::string End() { return FooterToJson(footer_) + "\n"; }
};

TEST_F(SweepRecordTest, StepsSurvive) {
  const RecordHeader header = HeaderFromJson(HeaderToJson(header_));
  EXPECT_EQ(header.plan.cases, header_.plan.cases);
  const RecordedScenario read = ScenarioFromJson(Step(2, true), header);
  EXPECT_EQ(read.step, 2);
  EXPECT_TRUE(read.goes_on);
  EXPECT_EQ(read.subject.step, 2);
}

TEST_F(SweepRecordTest, IsWholeWithTheFirstStepThatReachesNothing) {
  EXPECT_TRUE(Read(Begin() + Step(1, true) + Step(2, false) + End()).complete);
  EXPECT_THAT(names_, ElementsAre("Gate", "Other", "Other"));
  EXPECT_TRUE(Read(Begin() + Step(1, false) + End()).complete);
}

TEST_F(SweepRecordTest, IsWholeAtItsBound) {
  EXPECT_TRUE(Read(Begin() + Step(1, true) + Step(2, true) + Step(3, true) + End()).complete);
}

TEST_F(SweepRecordTest, IsCutOffBetweenSteps) {
  EXPECT_THAT(Read(Begin() + Step(1, true)).incomplete, HasSubstr("after 1 of 2 scenarios"));
  EXPECT_THAT(ErrorOf(Begin() + Step(1, true) + End()), HasSubstr("1 of 2 scenarios are missing"));
}

TEST_F(SweepRecordTest, KeepsTheOrderOfItsSteps) {
  EXPECT_THAT(ErrorOf(Begin() + Step(1, true) + Step(3, true) + End()),
              HasSubstr(":4: Other on tcp4 has step 3, where step 2 comes next"));
  EXPECT_THAT(ErrorOf(Begin() + Step(1, false) + Step(2, false) + End()),
              HasSubstr(":4: Other on tcp4 was not planned, or is there twice"));
  header_.plan.cases[1].sweep = 0;
  EXPECT_THAT(ErrorOf(Begin() + Step(1, false) + End()),
              HasSubstr("has step 1, where step 0 comes next"));
}

TEST_F(SweepRecordTest, IsCountedOnce) {
  RecordWriter writer("", header_);
  other_.step = 1;
  other_.goes_on = true;
  writer.Add(other_, header_.plan.cases[1], "");
  EXPECT_EQ(writer.scenarios(), 0);
  other_.step = 2;
  other_.goes_on = false;
  writer.Add(other_, header_.plan.cases[1], "");
  EXPECT_EQ(writer.scenarios(), 1);
}

TEST_F(RecordTest, TheWriterCountsAndStreams) {
  const std::string file = ::testing::TempDir() + "record_writer_test.jsonl";
  RecordWriter writer(file, header_);
  const std::vector<PlannedCase>& cases = header_.plan.cases;
  writer.Add(gate_, cases[0], ScenarioToJson(gate_));
  const RecordVisitor nothing{.header = [](const RecordHeader&) {},
                              .scenario = [](RecordedScenario) {}};
  EXPECT_THAT(ReadRecord(file, nothing).incomplete, HasSubstr("after 1 of 2"));
  writer.Add(other_, cases[1], ScenarioToJson(other_));
  RecordFooter footer;
  writer.Finish(&footer);
  EXPECT_EQ(footer.counts, (std::map<std::string, int>{{"pass", 1}, {"fail", 1}}));
  EXPECT_EQ(ReadRecord(file, nothing).scenarios, 2);
}

}  // namespace
}  // namespace sockspec
