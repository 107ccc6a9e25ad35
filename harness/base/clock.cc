// The one clock of the timeline.
#include "harness/base/clock.h"

#include <time.h>

namespace sockspec {
namespace {

std::int64_t Read(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

std::int64_t MonotonicNanoseconds() { return Read(CLOCK_MONOTONIC); }
std::int64_t RealtimeNanoseconds() { return Read(CLOCK_REALTIME); }

}  // namespace sockspec
