// Each fault on a small program that says what it saw of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>

#include "harness/launch/traced_run.h"

namespace sockspec {
namespace {

using ::testing::HasSubstr;

Fault Shortened(CallClass call) {
  return {
      .call = call, .role = SocketRole::kConnection, .action = FaultAction::kShorten, .length = 3};
}

// Name of a mode, which is that of the call.
class ShortTransfer : public testing::TestWithParam<const char*> {};

TEST_P(ShortTransfer, MovesLessAndLeavesTheArgumentsAlone) {
  const std::string mode = GetParam();
  const bool sends = mode.starts_with("by-");
  TracedRun run(mode, {Shortened(sends ? CallClass::kSend : CallClass::kReceive)});
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_EQ(run.Output(), "3 012 5,5\n");
  EXPECT_EQ(run.tracer().faults_hit(), 1);
}

TEST_P(ShortTransfer, WithoutAFaultMovesAll) {
  TracedRun run(GetParam());
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_EQ(run.Output(), "10 0123456789 5,5\n");
  EXPECT_EQ(run.tracer().faults_hit(), 0);
}

INSTANTIATE_TEST_SUITE_P(Calls, ShortTransfer,
                         testing::Values("by-write", "by-send", "by-writev", "by-sendmsg",
                                         "by-sendmmsg", "by-sendfile", "from-read", "from-recv",
                                         "from-readv", "from-recvmsg", "from-recvmmsg"),
                         [](const auto& info) {
                           std::string name = info.param;
                           name[name.find('-')] = '_';
                           return name;
                         });

TEST(Faults, ShorteningKeepsTheRegisters) {
  TracedRun run("keeps-registers", {Shortened(CallClass::kSend)});
  EXPECT_EQ(run.Finish(), 0);
}

TEST(Faults, ACloseThatReportsEintrHasHappened) {
  TracedRun run("interrupted-close", {{.call = CallClass::kClose,
                                       .role = SocketRole::kConnection,
                                       .action = FaultAction::kAfter,
                                       .error = EINTR}});
  EXPECT_EQ(run.Finish(), 0);
}

TEST(Faults, ASignalReachesTheProgramInTheCall) {
  TracedRun run("signalled", {{.call = CallClass::kReceive,
                               .role = SocketRole::kConnection,
                               .action = FaultAction::kSignal,
                               .error = SIGUSR1}});
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_EQ(run.First("recvfrom").error, EINTR);
}

TEST(Faults, AHeldCallWaitsForItsRelease) {
  TracedRun run(
      "held-send",
      {{.call = CallClass::kSend, .role = SocketRole::kConnection, .action = FaultAction::kHold}});
  run.Until([&] { return run.tracer().HoldsAny(); });
  EXPECT_EQ(run.tracer().StateOfRest().rest, Rest::kSettled);
  EXPECT_EQ(run.tracer().StateOfRest().what, "held by the harness");
  EXPECT_TRUE(run.timeline().Calls("sendto").empty());
  run.tracer().Release();
  EXPECT_FALSE(run.tracer().HoldsAny());
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_EQ(run.First("sendto").result, 4);
}

TEST(Faults, AHeldProgramCanBeKilled) {
  TracedRun run(
      "held-send",
      {{.call = CallClass::kSend, .role = SocketRole::kConnection, .action = FaultAction::kHold}});
  run.Until([&] { return run.tracer().HoldsAny(); });
  run.tracer().Signal(run.tracer().LaunchedPid(0), SIGKILL);
  run.Until([&] { return !run.tracer().AnyLiving(); });
  EXPECT_EQ(run.timeline().Exit(0)->signal, SIGKILL);
}

TEST(Faults, ANewThreadAndANewChildAreHeldBeforeTheyBegin) {
  TracedRun run("tasks", {{.call = CallClass::kTask, .count = -1, .action = FaultAction::kHold}});
  for (int task = 0; task < 2; ++task) {
    // The program waits for it: nothing else happens until it is released.
    run.Until([&] {
      return run.tracer().HoldsAny() && run.tracer().StateOfRest().rest == Rest::kSettled;
    });
    run.tracer().Release();
  }
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_EQ(run.tracer().faults_hit(), 2);
}

TEST(Faults, AForkFailsAndThreadsDoNot) {
  TracedRun run("forks", {{.call = CallClass::kFork, .error = EAGAIN}});
  EXPECT_EQ(run.Finish(), 0);
}

TEST(Faults, AWaitForASocketIsInterrupted) {
  TracedRun run("polls",
                {{.call = CallClass::kWait, .role = SocketRole::kListener, .error = EINTR}});
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_TRUE(run.First("poll").injected);
}

TEST(Faults, AKernelWithoutIpv6) {
  TracedRun run(
      "no-ipv6",
      {{.call = CallClass::kSocket, .family = AF_INET6, .count = -1, .error = EAFNOSUPPORT}});
  EXPECT_EQ(run.Finish(), 0);
}

TEST(Faults, EagainIsNotSaidOfASocketThatBlocks) {
  TracedRun run("again",
                {{.call = CallClass::kReceive, .role = SocketRole::kConnection, .error = EAGAIN}});
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_EQ(run.tracer().faults_hit(), 1);
}

TEST(Faults, AreAimedAtOneProcess) {
  TracedRun run("child-sends", {{.call = CallClass::kSend,
                                 .role = SocketRole::kConnection,
                                 .process = 2,
                                 .error = ENOBUFS}});
  EXPECT_EQ(run.Finish(), 0);
}

TEST(Faults, SayWhatTheyDo) {
  EXPECT_EQ(
      (Fault{.call = CallClass::kSend, .connection = 2, .first = 3, .error = ENOBUFS}.Describe()),
      "ENOBUFS instead of send no. 3 on connection 2");
  EXPECT_EQ((Fault{.call = CallClass::kTask, .count = -1, .action = FaultAction::kHold}.Describe()),
            "held: every new task from no. 1");
  EXPECT_THAT((Fault{.process = 2, .error = EMFILE}.Describe()), HasSubstr("of process 2"));
}

}  // namespace
}  // namespace sockspec
