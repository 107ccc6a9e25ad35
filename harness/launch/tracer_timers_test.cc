// The tracer on time: a program that waits for it is not settled, and need not be waited for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "harness/launch/traced_run.h"

namespace sockspec {
namespace {

constexpr int kEnded = 5;  // what the programs exit with when their hour has passed

// Each of them waits for an hour in another way, which is not asked of the test.
class AnHour : public ::testing::TestWithParam<const char*> {};

TEST_P(AnHour, IsOverAtOnce) {
  TracedRun run(GetParam());
  run.Until([&] { return run.tracer().StateOfRest().rest == Rest::kTimedWait; });
  EXPECT_EQ(run.Finish(), kEnded);
}

INSTANTIATE_TEST_SUITE_P(Timers, AnHour,
                         ::testing::Values("timer-in-epoll", "timer-read", "two-timers", "alarm",
                                           "alarm-after-poll", "posix-timer", "timer-thread",
                                           "socket-time-out", "polls-and-gives-up",
                                           "absolute-sleep", "timed-condition"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase(name, '-');
                           return name;
                         });

class ATick : public ::testing::TestWithParam<const char*> {};

TEST_P(ATick, IsSettled) {
  TracedRun run(GetParam());
  run.UntilSettled();
  EXPECT_TRUE(run.tracer().AnyLiving());
}

INSTANTIATE_TEST_SUITE_P(Timers, ATick,
                         ::testing::Values("timer-ticks", "alarm-ticks", "alarm-off", "polls",
                                           "beats-by-the-clock"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(Timers, WhoLooksForClientsBetweenNapsIsReady) {
  TracedRun run("polls");
  run.Until([&] {
    if (run.tracer().StateOfRest().rest == Rest::kTimedWait) run.tracer().EndTimedWaits();
    return run.tracer().ServerReadiness() == Tracer::Readiness::kReady;
  });
  EXPECT_EQ(run.tracer().StateOfRest().what, "clock_nanosleep");
  EXPECT_FALSE(run.tracer().Spins());
}

TEST(Timers, WhoPollsHasToLookAgainAfterSomethingHasHappened) {
  TracedRun run("polls");
  run.UntilSettled();
  run.tracer().ForgetSpins();
  EXPECT_EQ(run.tracer().StateOfRest().rest, Rest::kTimedWait);
}

// Whether the program goes on, all its timed waits ended, until it is gone.
bool EndsWithoutRest(TracedRun* run) {
  bool rested = false;
  run->Until([&] {
    if (run->tracer().StateOfRest().rest == Rest::kTimedWait) run->tracer().EndTimedWaits();
    rested = run->Settled() && run->tracer().AnyLiving();
    return rested || !run->tracer().AnyLiving();
  });
  return !rested;
}

TEST(Timers, APauseBetweenLooksForClientsIsNotRest) {
  TracedRun run("pauses-by-condition");
  run.Until([&] { return run.tracer().StateOfRest().rest == Rest::kTimedWait; });
  EXPECT_TRUE(EndsWithoutRest(&run)) << "settled in " << run.tracer().StateOfRest().what;
}

TEST(Timers, WhatARuntimeWaitsForBesideClientsIsItsOwnBusiness) {
  TracedRun run("housekeeping-thread");
  run.UntilSettled();
  EXPECT_TRUE(run.tracer().AnyLiving());
}

TEST(Timers, NotSoWhenItIsToldToEnd) {
  TracedRun run("waits-for-threads-at-the-end");
  run.UntilSettled();
  run.tracer().Signal(run.tracer().LaunchedPid(0), SIGTERM);
  run.Until([&] { return run.tracer().StateOfRest().rest == Rest::kTimedWait; });
  EXPECT_TRUE(EndsWithoutRest(&run)) << "settled in " << run.tracer().StateOfRest().what;
}

TEST(Timers, WhoWaitsForTheRestOfATimeAndServesNobodyIsSettled) {
  TracedRun run("keeps-house");
  run.UntilSettled();
  EXPECT_TRUE(run.tracer().AnyLiving());
}

TEST(Timers, NotSoWhoServesAClient) {
  TracedRun run("keeps-a-client");
  run.UntilNothingCanBeEnded();
  EXPECT_EQ(run.tracer().StateOfRest().rest, Rest::kTimedWait);
}

// As PostgreSQL's launcher of cleaners does.
TEST(Timers, NorDoesAProcessWithoutSocketsMatter) {
  TracedRun run("housekeeping-process");
  run.UntilSettled();
  EXPECT_TRUE(run.tracer().AnyLiving());
}

TEST(Timers, ButOneThatHasAClient) {
  TracedRun run("process-with-a-client");
  run.UntilNothingCanBeEnded();
  EXPECT_EQ(run.tracer().StateOfRest().rest, Rest::kTimedWait);
}

TEST(Timers, NorWhoseWaitForTheRestBeganLate) {
  TracedRun run("waits-late");
  run.UntilNothingCanBeEnded();
  EXPECT_EQ(run.tracer().StateOfRest().rest, Rest::kTimedWait);
}

TEST(Timers, NorWhoHasBeenToldToEnd) {
  TracedRun run("keeps-house");
  run.UntilSettled();
  run.tracer().Signal(run.tracer().LaunchedPid(0), SIGWINCH);  // ignored
  run.UntilNothingCanBeEnded();
  EXPECT_EQ(run.tracer().StateOfRest().rest, Rest::kTimedWait);
}

}  // namespace
}  // namespace sockspec
