// The command line: help, mistakes and their exit statuses, what needs no program under test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/cli/program_run.h"

namespace sockspec {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

TEST(CommandLineTest, WithoutArgumentsHelpsConcisely) {
  const ProgramRun run = RunSockspec({});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.output, AllOf(HasSubstr("sockspec run --server"), HasSubstr("--help")));
}

TEST(CommandLineTest, HelpGoesToStandardOutputWithExamples) {
  const ProgramRun run = RunSockspec({"run", "--help"});
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.output, AllOf(HasSubstr("Examples:"), HasSubstr("--select")));
  EXPECT_THAT(run.error, IsEmpty());
  EXPECT_THAT(RunSockspec({"--version"}).output, StartsWith("sockspec "));
}

struct Mistake {
  std::vector<std::string> arguments;
  int status;
  const char* said;
};

class MistakeTest : public ::testing::TestWithParam<Mistake> {};

TEST_P(MistakeTest, IsOneLineOnStandardErrorAndAStatus) {
  const ProgramRun run = RunSockspec(GetParam().arguments, FreshFolder("mistake"));
  EXPECT_EQ(run.status, GetParam().status);
  EXPECT_THAT(run.error, AllOf(StartsWith("sockspec: "), HasSubstr(GetParam().said)));
  EXPECT_EQ(std::count(run.error.begin(), run.error.end(), '\n'), 1) << run.error;
  EXPECT_THAT(run.output, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    All, MistakeTest,
    ::testing::Values(
        Mistake{{"rnu"}, 2, "did you mean run?"},
        Mistake{{"run", "--selct", "X"}, 2, "did you mean --select?"},
        Mistake{{"run", "--profile", "lax"}, 2, "--profile"}, Mistake{{"run"}, 2, "sockspec init"},
        Mistake{{"run", "none.toml"}, 2, "none.toml"},
        Mistake{{"run", "--server", "cat"}, 2, "{port}"},
        Mistake{{"run", "--server", "cat {port}", "--transport", "tpc4"}, 2, "did you mean tcp4?"},
        Mistake{{"run", "--server", "cat {port}", "--service", "daytim"}, 2, "daytim"},
        Mistake{{"run", "--server", "cat {port}", "--report", "jsn=-"}, 2, "did you mean json?"},
        Mistake{{"run", "--server", "cat {port}", "--report", "json"}, 2, "names no file"},
        Mistake{{"run", "--server", "cat {port}", "--wrap", "'"}, 2, "--wrap"},
        Mistake{{"run", "--server", "cat {port}", "-o", "/dev/null/x"}, 2, "--output"},
        Mistake{{"run", "--server", "./none {port}"}, 4, "./none"},
        Mistake{{"run", "--server", "cat {port}", "--select", "NOSUCH"},
                5,
                "no requirement matches NOSUCH"},
        Mistake{{"run", "--server", "cat {port}", "--select", "CLS-2"}, 5, "did you mean CLS-02?"},
        Mistake{{"run", "--server", "cat {port}", "--select", "LSN-01"}, 5, "{backlog}"},
        Mistake{{"explain", "CLS-2"}, 5, "did you mean CLS-02?"},
        Mistake{{"judge", "none.jsonl"}, 2, "none.jsonl"},
        Mistake{{"schema", "reprt"}, 2, "reprt"}));

TEST(CommandLineTest, InitWritesAManifestOnce) {
  const std::string folder = FreshFolder("init");
  EXPECT_EQ(RunSockspec({"init"}, folder).status, 0);
  EXPECT_THAT(ReadWhole(folder + "/sockspec.toml"), HasSubstr("[server]"));
  std::ofstream(folder + "/sockspec.toml") << "mine";
  EXPECT_EQ(RunSockspec({"init"}, folder).status, 2);
  EXPECT_EQ(ReadWhole(folder + "/sockspec.toml"), "mine");
}

TEST(CommandLineTest, SchemasAreJson) {
  for (const char* format : {"record", "report"}) {
    const ProgramRun run = RunSockspec({"schema", format});
    EXPECT_EQ(run.status, 0);
    EXPECT_TRUE(nlohmann::json::parse(run.output).contains("$schema")) << format;
  }
}

TEST(CommandLineTest, ListsAndExplains) {
  EXPECT_THAT(RunSockspec({"list", "--select", "CLS-*"}).output,
              AllOf(HasSubstr("CLS-02"), Not(HasSubstr("ACC-01"))));
  const auto list = nlohmann::json::parse(RunSockspec({"list", "--json"}).output);
  EXPECT_GT(list.size(), 80u);
  EXPECT_TRUE(list[0].contains("scenarios"));
  EXPECT_THAT(RunSockspec({"list", "--scenarios"}).output, HasSubstr("judges "));
  EXPECT_THAT(RunSockspec({"explain", "CLS-02"}).output,
              AllOf(HasSubstr("source"), HasSubstr("hint"), HasSubstr("suites/requirements/"),
                    HasSubstr("server cls-02-")));
}

TEST(CommandLineTest, ListsWhatProvesEachRequirement) {
  const std::string tim = RunSockspec({"list", "--coverage", "--select", "TIM-01"}).output;
  EXPECT_THAT(tim,
              AllOf(HasSubstr("Exchanges"), HasSubstr("tim-01-"), HasSubstr("conforming-time")));
  const std::string cls = RunSockspec({"list", "--coverage", "--select", "CLS-10"}).output;
  EXPECT_THAT(cls, AllOf(HasSubstr("CLS-10   server  tcp4"), HasSubstr("no gaps")));
}

TEST(CommandLineTest, TheDoctorSaysWhatIsAllowed) {
  const ProgramRun run = RunSockspec({"doctor"});
  EXPECT_THAT(run.output, HasSubstr("tracing of system calls"));
  EXPECT_EQ(run.status, run.output.find("NO ") == std::string::npos ? 0 : 3);
}

TEST(CommandLineTest, AWaiverOfAnUnknownRequirementIsAMistake) {
  const std::string folder = FreshFolder("waiver");
  std::ofstream(folder + "/sockspec.toml")
      << "[server]\ncommand = [\"cat\", \"{port}\"]\ntransports = [\"tcp4\"]\n"
         "[waivers]\n\"BIND-5\" = { reason = \"why\" }\n";
  const ProgramRun run = RunSockspec({"run"}, folder);
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.error, HasSubstr("did you mean BIND-05?"));
}

TEST(CommandLineTest, AFailedBuildIsStatusFour) {
  const std::string folder = FreshFolder("build");
  std::ofstream(folder + "/sockspec.toml")
      << "[build]\ncommands = [[\"sh\", \"-c\", \"echo no such header; exit 7\"]]\n"
         "[server]\ncommand = [\"cat\", \"{port}\"]\ntransports = [\"tcp4\"]\n";
  const ProgramRun run = RunSockspec({"run"}, folder);
  EXPECT_EQ(run.status, 4);
  EXPECT_THAT(run.error, AllOf(HasSubstr("status 7"), HasSubstr("no such header")));
}

}  // namespace
}  // namespace sockspec
