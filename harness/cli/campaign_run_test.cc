// Whole campaigns through the program: the reference passes, no-ops pass nothing, records judge
// alike, an interrupt leaves a readable record.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/cli/program_run.h"

namespace sockspec {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kReference =
    "sockspec-reference-server --transport {transport} --address {address} --port {port} "
    "--backlog {backlog}";

class NoOpTest : public ::testing::TestWithParam<const char*> {};

TEST_P(NoOpTest, PassesNothing) {
  const ProgramRun run = RunSockspec(
      {"run", "--server", GetParam(), "--transport", "tcp4", "--no-control", "--verdicts", "-"});
  EXPECT_EQ(run.status, 1) << run.error;
  EXPECT_THAT(run.output,
              AllOf(HasSubstr("FAM-01 tcp4 server fail"), Not(HasSubstr("server pass"))));
}

INSTANTIATE_TEST_SUITE_P(All, NoOpTest,
                         ::testing::Values("true", "false", "sleep infinity", "cat",
                                           "sh -c 'echo error >&2; exit 1'"));

class CampaignRunTest : public ::testing::Test {
 protected:
  const std::string folder_ = FreshFolder("campaign_run");
};

TEST_F(CampaignRunTest, TheReferencePassesAndItsRecordJudgesAlike) {
  const ProgramRun run = RunSockspec({"run", "--server", kReference, "--select", "CLS-*", "-o",
                                      folder_, "--verdicts", folder_ + "/verdicts"});
  EXPECT_EQ(run.status, 0) << run.output << run.error;
  EXPECT_THAT(run.output, HasSubstr(" 0 failed"));
  for (const char* name :
       {"report.json", "report.html", "report.md", "report.txt", "junit.xml", "junit-strict.xml"}) {
    EXPECT_NE(ReadWhole(folder_ + "/" + name), "") << name;
  }
  const std::string verdicts = ReadWhole(folder_ + "/verdicts");
  EXPECT_THAT(verdicts, HasSubstr("CLS-02 tcp4 server pass"));
  for (const char* command : {"judge", "report"}) {
    const ProgramRun again = RunSockspec({command, folder_ + "/run.jsonl", "--verdicts", "-"});
    EXPECT_EQ(again.status, 0) << again.error;
    EXPECT_EQ(again.output, verdicts) << command;
  }
  EXPECT_EQ(RunSockspec({"judge", folder_ + "/run.jsonl"}).output, run.output);
}

TEST_F(CampaignRunTest, ACutOffRecordIsStatusThree) {
  RunSockspec({"run", "--server", kReference, "--select", "CLS-02", "-o", folder_, "--no-control"});
  const std::string whole = ReadWhole(folder_ + "/run.jsonl");
  std::ofstream(folder_ + "/cut.jsonl") << whole.substr(0, whole.size() - 20);
  const ProgramRun run = RunSockspec({"judge", folder_ + "/cut.jsonl"});
  EXPECT_EQ(run.status, 3);
  EXPECT_THAT(run.output, HasSubstr("cut off"));
}

TEST_F(CampaignRunTest, WordsAfterDashesAreTheProgram) {
  const ProgramRun run = RunSockspec({"run", "--transport", "tcp4", "--no-control", "--select",
                                      "FAM-01", "--", "sh", "-c", "exit 1", "--help"});
  EXPECT_EQ(run.status, 1) << run.error;
  EXPECT_THAT(run.output, HasSubstr("sh -c 'exit 1' --help"));
}

TEST_F(CampaignRunTest, TheTraceLogShowsTheSelectedCase) {
  const ProgramRun run = RunSockspec(
      {"run", "--server", kReference, "--select", "CLS-02", "--trace-log", "--no-control"});
  EXPECT_EQ(run.status, 0) << run.error;
  EXPECT_THAT(run.output, AllOf(HasSubstr("── sockspec-reference-server"), HasSubstr("listen("),
                                HasSubstr("accept")));
}

TEST_F(CampaignRunTest, NothingIsWrittenUnasked) {
  RunSockspec({"run", "--server", kReference, "--select", "FAM-01", "--no-control"}, folder_);
  EXPECT_EQ(std::system(("rmdir " + folder_).c_str()), 0) << "something is in the folder";
}

TEST_F(CampaignRunTest, PlanesThatWereLeftOutDoNotCount) {
  for (const char* planes : {"kernel", "wire"}) {
    const ProgramRun run =
        RunSockspec({"run", "--server", kReference, "--select", "CLS-02", "--select", "LSN-03",
                     "--select", "BIND-03", "--planes", planes, "--verdicts", "-"});
    EXPECT_EQ(run.status, 0) << run.error;
    const std::string left_out = fmt::format("not observable here (--planes {})", planes);
    EXPECT_THAT(run.output, AllOf(HasSubstr("CLS-02 tcp4 server pass\n"),
                                  HasSubstr("BIND-03 tcp4 server inconclusive " + left_out)));
    const bool kernel = std::string_view(planes) == "kernel";
    EXPECT_THAT(run.output,
                HasSubstr("LSN-03 tcp4 server " + (kernel ? "pass" : "inconclusive " + left_out)));
  }
}

// The record goes through a named pipe, so that the interrupt comes when the header was written and
// before the campaign can end.
TEST_F(CampaignRunTest, AnInterruptLeavesARecordThatSaysSo) {
  const std::string record = folder_ + "/run.jsonl";
  ASSERT_EQ(mkfifo(record.c_str(), 0600), 0);
  const pid_t pid = fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    freopen("/dev/null", "w", stdout);
    execl(SOCKSPEC_PROGRAM, SOCKSPEC_PROGRAM, "run", "--server", kReference, "--no-control", "-j1",
          "-o", folder_.c_str(), nullptr);
    _exit(127);
  }
  std::ifstream stream(record);
  std::string line, last;
  ASSERT_TRUE(std::getline(stream, line));
  ASSERT_EQ(kill(pid, SIGINT), 0);
  while (std::getline(stream, line)) last = line;
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  const auto footer = nlohmann::json::parse(last);
  EXPECT_EQ(footer.at("kind"), "footer");
  EXPECT_EQ(footer.at("interrupted"), true);
  EXPECT_EQ(footer.at("complete"), false);
  EXPECT_THAT(ReadWhole(folder_ + "/report.json"), HasSubstr("interrupted after"));
}

// A record of the first format version stays readable, and judges as it did.
TEST_F(CampaignRunTest, TheGoldenRecordOfVersionOneJudgesAsItDid) {
  const std::string golden = SOCKSPEC_GOLDEN_DIR;
  const std::string verdicts = ReadWhole(golden + "/record-v1.verdicts");
  ASSERT_NE(verdicts, "");
  for (const char* command : {"judge", "report"}) {
    EXPECT_EQ(RunSockspec({command, golden + "/record-v1.jsonl", "--verdicts", "-"}).output,
              verdicts)
        << command;
  }
}

}  // namespace
}  // namespace sockspec
