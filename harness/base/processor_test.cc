// Tests of sharing one processor.
#include "harness/base/processor.h"

#include <gtest/gtest.h>
#include <sched.h>

namespace sockspec {
namespace {

cpu_set_t Processors() {
  cpu_set_t set;
  EXPECT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
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

}  // namespace
}  // namespace sockspec
