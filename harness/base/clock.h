// The one clock of the timeline.
#pragma once

#include <cstdint>

namespace sockspec {

// CLOCK_MONOTONIC in nanoseconds.
std::int64_t MonotonicNanoseconds();
// CLOCK_REALTIME in nanoseconds since 1970-01-01 UTC.
std::int64_t RealtimeNanoseconds();

}  // namespace sockspec
