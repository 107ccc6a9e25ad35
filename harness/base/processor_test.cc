// Tests of sharing one processor.
#include "harness/base/processor.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace sockspec {
namespace {

cpu_set_t Processors(pid_t process = 0) {
  cpu_set_t set;
  EXPECT_EQ(sched_getaffinity(process, sizeof set, &set), 0);
  return set;
}

TEST(Processor, IsOneUntilItIsLeft) {
  const cpu_set_t before = Processors();
  if (CPU_COUNT(&before) < 2) GTEST_SKIP() << "this machine has one processor";
  EXPECT_EQ(ProcessorCount(), CPU_COUNT(&before));
  EXPECT_FALSE(StaysOnProcessor());
  StayOnProcessor(1);
  EXPECT_TRUE(StaysOnProcessor());
  const cpu_set_t one = Processors();
  EXPECT_EQ(CPU_COUNT(&one), 1);
  LeaveProcessor();
  EXPECT_FALSE(StaysOnProcessor());
  StayOnProcessor(kWhereItRuns);
  const cpu_set_t chosen = Processors();
  EXPECT_EQ(CPU_COUNT(&chosen), 1);
  EXPECT_TRUE(CPU_ISSET(sched_getcpu(), &chosen));
  LeaveProcessor();
  const cpu_set_t after = Processors();
  EXPECT_TRUE(CPU_EQUAL(&after, &before));
}

TEST(Processor, IsSharedByWhoWasThereBefore) {
  const cpu_set_t before = Processors();
  if (CPU_COUNT(&before) < 2) GTEST_SKIP() << "this machine has one processor";
  const pid_t other = fork();
  ASSERT_GE(other, 0);
  if (other == 0) {
    for (;;) pause();
  }
  ShareProcessor(other);
  const cpu_set_t all = Processors(other);
  EXPECT_TRUE(CPU_EQUAL(&all, &before)) << "there is none to share";
  StayOnProcessor(1);
  ShareProcessor(other);
  const cpu_set_t own = Processors(), shared = Processors(other);
  EXPECT_TRUE(CPU_EQUAL(&own, &shared));
  LeaveProcessor();
  kill(other, SIGKILL);
  EXPECT_EQ(waitpid(other, nullptr, 0), other);
  ShareProcessor(other);  // has ended: no error
}

}  // namespace
}  // namespace sockspec
