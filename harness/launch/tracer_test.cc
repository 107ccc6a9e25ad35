// The tracer and the launcher together, on a small program whose calls are known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <csignal>

#include "harness/base/processor.h"
#include "harness/launch/launch.h"
#include "harness/launch/traced_run.h"

namespace sockspec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Tracer, SeesEachCallWithItsArguments) {
  TracedRun run("calls");
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_THAT(run.CallNames(), ElementsAre("socket", "setsockopt", "bind", "listen", "fcntl",
                                           "accept", "dup", "close", "shutdown", "close", "close"));
  EXPECT_EQ(run.First("socket").family, AF_INET);
  EXPECT_EQ(run.First("socket").type, SOCK_STREAM);
  EXPECT_EQ(run.First("setsockopt").option, "SO_REUSEADDR");
  EXPECT_THAT(run.First("setsockopt").option_value, ElementsAre(1));
  EXPECT_EQ(run.First("bind").address, "127.0.0.1:0");
  EXPECT_EQ(run.First("bind").address_length, 16);
  EXPECT_EQ(run.First("listen").number, 5);
  EXPECT_EQ(run.First("accept").error, EAGAIN);
  EXPECT_TRUE(run.First("accept").non_blocking);
  EXPECT_TRUE(run.First("accept").address_null);
}

TEST(Tracer, FollowsCopiesOfADescriptorAndCallsAfterItsEnd) {
  TracedRun run("calls");
  run.Finish();
  const std::vector<int> closes = run.timeline().Calls("close");
  ASSERT_EQ(closes.size(), 3u);
  EXPECT_EQ(run.At(closes[0]).socket, run.At(closes[1]).socket);
  EXPECT_EQ(run.At(closes[2]).error, EBADF);
  EXPECT_EQ(run.First("shutdown").role, SocketRole::kListener);
}

TEST(Tracer, FollowsChildren) {
  TracedRun run("fork");
  EXPECT_EQ(run.Finish(), 0);
  const std::vector<int> ended = run.timeline().OfKind(EventKind::kProcessEnded);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(run.timeline()[static_cast<std::size_t>(ended[0])].number, 7);
  const std::vector<int> closes = run.timeline().Calls("close");
  ASSERT_EQ(closes.size(), 2u);
  EXPECT_NE(run.timeline()[static_cast<std::size_t>(closes[0])].process,
            run.timeline()[static_cast<std::size_t>(closes[1])].process);
}

TEST(Tracer, CountsTheCallsOfAllThreads) {
  TracedRun run("threads");
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_EQ(run.timeline().Calls("socket").size(), 200u);
  EXPECT_EQ(run.timeline().Calls("close").size(), 200u);
}

// Its first socket brings it a filter, which lies below its stack for a moment.
TEST(Tracer, LeavesTheProgramsMemoryAsItWas) {
  TracedRun run("socket-on-little-stack");
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_EQ(run.timeline().Calls("socket").size(), 1u);
}

TEST(Tracer, TellsOfAllProcessorsWhoeverAsks) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  StayOnProcessor(0);
  TracedRun run("processors");
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_EQ(run.Output(), std::to_string(CPU_COUNT(&before)) + "\n");
  EXPECT_EQ(StaysOnProcessor(), CPU_COUNT(&before) > 1) << "who asks uses no other by that";
  LeaveProcessor();
}

TEST(Tracer, SharesItsProcessorWithAllThreads) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  StayOnProcessor(kWhereItRuns);
  TracedRun run("threads");
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_EQ(run.timeline().Calls("socket").size(), 200u);
  EXPECT_EQ(StaysOnProcessor(), CPU_COUNT(&before) > 1);
  LeaveProcessor();
}

TEST(Tracer, LetsAProgramChooseItsProcessor) {
  StayOnProcessor(0);
  TracedRun run("choose-processor");
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_EQ(run.Output(), "there\n");
  EXPECT_FALSE(StaysOnProcessor());
  LeaveProcessor();
}

TEST(Faults, AShortenedVectorReallyTransfersLess) {
  TracedRun run("transfer", {{.call = CallClass::kSend,
                              .role = SocketRole::kConnection,
                              .count = 2,
                              .action = FaultAction::kShorten,
                              .length = 3}});
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_EQ(run.Output(), "3 0123456789\n");  // 3 and 3 bytes, then the rest
  EXPECT_TRUE(run.First("writev").injected);
  EXPECT_EQ(run.First("writev").result, 3);
}

TEST(Faults, AnErrnoStandsForTheCall) {
  TracedRun run("wait", {{.call = CallClass::kAccept, .error = ECONNABORTED}});
  EXPECT_EQ(run.Finish(), ECONNABORTED);
  EXPECT_TRUE(run.First("accept").injected);
}

TEST(Faults, AnErrnoAfterTheCallLeavesItDone) {
  TracedRun run("connect-twice",
                {{.call = CallClass::kConnect, .action = FaultAction::kAfter, .error = EINTR}});
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_EQ(run.First("connect").error, EINTR);
}

TEST(Faults, AnOpenFailsBetweenListenAndTheFirstAcceptAlone) {
  TracedRun run("opens", {{.call = CallClass::kOpen, .count = -1, .error = EMFILE}});
  EXPECT_EQ(run.Finish(), 0);
  ASSERT_EQ(run.timeline().Calls("open*").size(), 1u);
  EXPECT_THAT(run.First("open*").address, HasSubstr("/tmp/traced-program-"));
  EXPECT_EQ(run.First("open*").error, EMFILE);
}

TEST(Faults, OfABeatTheFirstWaitCountsAlone) {
  for (const int first : {1, 2}) {
    TracedRun run("heartbeat", {{.call = CallClass::kWait,
                                 .role = SocketRole::kListener,
                                 .first = first,
                                 .error = EINTR}});
    run.UntilSettled();
    EXPECT_EQ(run.timeline().Calls("poll").size(), first == 1 ? 1u : 0u) << first;
  }
}

TEST(Tracer, FollowsNoOpenWhereNoFaultAimsAtOne) {
  TracedRun run("opens");
  EXPECT_EQ(run.Finish(), 3);  // nothing has failed
  EXPECT_TRUE(run.timeline().Calls("open*").empty());
}

TEST(Waits, AServerIsReadyWhenItSleepsInAccept) {
  TracedRun run("wait");
  run.UntilReady();
  EXPECT_EQ(run.timeline().Calls("listen").size(), 1u);
  EXPECT_EQ(run.tracer().StateOfRest().rest, Rest::kSettled);
  EXPECT_EQ(run.tracer().StateOfRest().what, "accept(listener)");
}

TEST(Waits, AHeartbeatIsSettledWithoutWaitingForIt) {
  TracedRun run("heartbeat");
  run.UntilSettled();
  EXPECT_TRUE(run.tracer().AnyLiving());
}

TEST(Waits, AHeartbeatMayAskForSignalsBetweenItsBeats) {
  TracedRun run("heartbeat-ignoring-signal");
  run.UntilSettled();
  EXPECT_TRUE(run.tracer().AnyLiving());
}

TEST(Waits, AHeartbeatMayReadTheEndOfItsInputBetweenItsBeats) {
  TracedRun run("heartbeat-reading");
  run.UntilSettled();
  EXPECT_TRUE(run.tracer().AnyLiving());
}

TEST(Waits, AnHourOfSelectEndsAtOnceWithEmptySets) {
  TracedRun run("timed-select");
  EXPECT_EQ(run.Finish(), 5);
}

TEST(Waits, ASpinIsSeen) {
  TracedRun run("spin");
  run.Until([&] { return run.tracer().Spins(); });
  EXPECT_LE(run.timeline().Calls("accept").size(), 2u * Tracer::kSpin);
}

TEST(Waits, AWaitThatIsAnsweredAgainAndAgainIsASpin) {
  TracedRun run("deaf-to-poll");
  run.Until([&] { return run.tracer().SpinsAlone(); });
  EXPECT_TRUE(run.timeline().Calls("accept").empty());
}

TEST(Waits, ASpinIsAloneWhereAllOthersSleep) {
  TracedRun run("spin-beside-sleeper");
  run.Until([&] { return run.tracer().SpinsAlone(); });
  EXPECT_TRUE(run.tracer().Spins());
}

TEST(Waits, ASpinBesideAThreadThatWorksMayEnd) {
  TracedRun run("spin-beside-worker");
  run.Until([&] { return run.tracer().Spins(); });
  EXPECT_FALSE(run.tracer().SpinsAlone());
  EXPECT_EQ(run.Finish(), 0);
}

TEST(Waits, AStoppedProgramGoesOn) {
  TracedRun run("wait");
  run.UntilReady();
  const pid_t pid = run.tracer().LaunchedPid(0);
  run.tracer().Signal(pid, SIGSTOP);
  run.Until([&] { return run.tracer().AllStopped(); });
  run.tracer().Signal(pid, SIGCONT);
  run.UntilReady();
  EXPECT_TRUE(run.timeline().Calls("accept").empty());  // interrupted and restarted: one call still
}

TEST(Clock, IsMovedForTheProgramAlone) {
  TracedRun run("clock", {}, true);
  run.OnEvent([&](const Event& event) {
    if (event.kind == EventKind::kCall && event.call->name == "socket") {
      run.tracer().MoveClock(3600);
    }
  });
  EXPECT_EQ(run.Finish(), 0);
}

TEST(Launch, AProgramThatCannotBeExecutedIsSaidSo) {
  LaunchRequest request;
  request.program = "/etc/passwd";
  request.argv = {"/etc/passwd"};
  request.directory = "/";
  try {
    LaunchProgram(request);
    FAIL() << "it was launched";
  } catch (const ProgramNotExecutable& error) {
    EXPECT_THAT(error.what(), HasSubstr("/etc/passwd"));
  }
}

}  // namespace
}  // namespace sockspec
