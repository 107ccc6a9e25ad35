// The worker pool: order, deaths, deadlines, interrupts.
#include "harness/campaign/workers.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <string>

namespace sockspec {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

[[noreturn]] void WaitForever() {
  for (;;) pause();
}

class WorkersTest : public ::testing::Test {
 protected:
  // Runs `count` jobs; what each reported is in reports_.
  PoolEnd Run(int count, std::function<std::string(int)> work, WorkerOptions options = {}) {
    int started = 0;
    return RunWorkers(
        options,
        {.next = [&]() -> std::optional<int> {
           if (started == count) return std::nullopt;
           return started++;
         },
         .turn = {},
         .work =
             [&](int job, const AwaitTurn& await_turn) {
               await_turn();
               return work(job);
             },
         .started = {},
         .done = [&](int job, WorkerReport report) { reports_[job] = std::move(report); }});
  }

  std::map<int, WorkerReport> reports_;
};

TEST_F(WorkersTest, RunsEveryJobInAProcessOfItsOwn) {
  const std::string own = std::to_string(getpid());
  EXPECT_EQ(Run(7, [](int job) { return std::to_string(job) + " " + std::to_string(getpid()); },
                {.at_once = 3}),
            PoolEnd::kDone);
  ASSERT_EQ(reports_.size(), 7u);
  for (const auto& [job, report] : reports_) {
    EXPECT_THAT(report.text, StartsWith(std::to_string(job) + " "));
    EXPECT_THAT(report.text, ::testing::Not(HasSubstr(own)));
    EXPECT_EQ(report.death, "");
  }
}

TEST_F(WorkersTest, TakesLinesThatNoPipeHolds) {
  Run(2, [](int job) { return std::string(5 << 20, static_cast<char>('a' + job)); });
  EXPECT_EQ(reports_[0].text, std::string(5 << 20, 'a'));
  EXPECT_EQ(reports_[1].text, std::string(5 << 20, 'b'));
}

TEST_F(WorkersTest, ADeathIsAValueAndTheOthersGoOn) {
  Run(3, [](int job) -> std::string {
    if (job == 1) raise(SIGKILL);
    if (job == 2) _exit(7);
    return "alive";
  });
  EXPECT_EQ(reports_[0].death, "");
  EXPECT_THAT(reports_[1].death, HasSubstr("SIGKILL"));
  EXPECT_THAT(reports_[2].death, HasSubstr("status 7"));
}

TEST_F(WorkersTest, ADeadlineKills) {
  Run(1, [](int) -> std::string { WaitForever(); }, {.deadline_seconds = 0.02});
  EXPECT_THAT(reports_[0].death, HasSubstr("did not end within 0.02 s"));
}

TEST_F(WorkersTest, WhoeverHoldsThePipeIsNotAwaited) {
  Run(1, [](int) -> std::string {
    if (fork() == 0) WaitForever();  // in the worker's group: killed with it
    return "done";
  });
  EXPECT_EQ(reports_[0].text, "done");
}

// A sandbox's init outlives its worker by a moment.
TEST_F(WorkersTest, WhatAWorkerLeavesBehindIsGoneBeforeTheEnd) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  Run(20, [&](int job) -> std::string {
    for (int i = 0; i < 20; ++i) {
      if (fork() == 0) WaitForever();
    }
    if (job % 2 == 0) raise(SIGKILL);
    return "done";
  });
  close(ends[1]);
  char byte = 0;
  EXPECT_EQ(read(ends[0], &byte, 1), 0) << "somebody still holds the pipe";
  close(ends[0]);
}

// The coordinator in a process of its own; the first worker interrupts it.
TEST_F(WorkersTest, AnInterruptKillsTheWorkersAndEnds) {
  const pid_t coordinator = fork();
  ASSERT_GE(coordinator, 0);
  if (coordinator == 0) {
    const PoolEnd end = Run(4, [](int) -> std::string {
      kill(getppid(), SIGINT);
      WaitForever();
    });
    _exit(end == PoolEnd::kInterrupted && reports_.empty() ? 42 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(coordinator, &status, 0), coordinator);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

TEST_F(WorkersTest, JobsThatDependOnOthersAreAskedForAgain) {
  bool first_done = false;
  bool second_given = false;
  bool first_given = false;
  std::vector<int> order;
  const WorkerOptions two_at_once{.at_once = 2};
  RunWorkers(two_at_once, {.next = [&]() -> std::optional<int> {
                             if (!first_given) return first_given = true, 1;
                             if (first_done && !second_given) return second_given = true, 2;
                             return std::nullopt;
                           },
                           .turn = {},
                           .work = [](int, const AwaitTurn&) { return "x"; },
                           .started = {},
                           .done =
                               [&](int job, WorkerReport) {
                                 order.push_back(job);
                                 first_done = true;
                               }});
  EXPECT_THAT(order, ::testing::ElementsAre(1, 2));
}

// Three jobs make ready while the first is at work; then one is not wanted.
TEST_F(WorkersTest, WorkersMadeReadyAheadAwaitTheirTurn) {
  int given = 0;
  bool first_done = false;
  std::vector<int> order;
  const WorkerOptions with_three_ahead{.at_once = 1, .ahead = 3};
  RunWorkers(
      with_three_ahead,
      {.next = [&]() -> std::optional<int> {
         return given < 4 ? std::optional<int>(given++) : std::nullopt;
       },
       .turn =
           [&](int job) {
             if (job == 0) return Turn::kNow;
             if (!first_done) return Turn::kLater;
             return job == 2 ? Turn::kNever : Turn::kNow;
           },
       .work = [](int job,
                  const AwaitTurn& await_turn) { return fmt::format("{} {}", job, await_turn()); },
       .started = [&](int job) { order.push_back(job); },
       .done =
           [&](int job, WorkerReport report) {
             EXPECT_EQ(given, 4);  // all were started before the first was done
             reports_[job] = std::move(report);
             first_done = true;
           }});
  EXPECT_THAT(order, ::testing::ElementsAre(0, 1, 3));
  ASSERT_EQ(reports_.size(), 3u);
  for (const auto& [job, report] : reports_) {
    EXPECT_EQ(report.death, "");
    EXPECT_THAT(report.text, StartsWith(std::to_string(job) + " "));
  }
}

TEST_F(WorkersTest, AWorkerThatFailsBeforeItsTurnIsReportedAtItsTurn) {
  int given = 0;
  RunWorkers({.at_once = 1, .ahead = 2},
             {.next = [&]() -> std::optional<int> {
                return given < 3 ? std::optional<int>(given++) : std::nullopt;
              },
              .turn = {},
              .work = [](int job, const AwaitTurn& await_turn) -> std::string {
                if (job == 1) _exit(9);
                if (job == 2) return "needs no turn";
                await_turn();
                return "x";
              },
              .started = {},
              .done = [&](int job, WorkerReport report) { reports_[job] = std::move(report); }});
  EXPECT_EQ(reports_[0].text, "x");
  EXPECT_THAT(reports_[1].death, HasSubstr("status 9"));
  EXPECT_EQ(reports_[2].text, "needs no turn");
}

}  // namespace
}  // namespace sockspec
