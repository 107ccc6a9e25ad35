// Timers that are descriptors (timerfd_create(2)): asked and fired through a descriptor of our own.
#pragma once

#include <cstdint>
#include <optional>

#include "harness/trace/process_model.h"

namespace sockspec {

struct TimeLeft {
  std::int64_t left = 0;      // nanoseconds
  std::int64_t interval = 0;  // 0: it expires once
};
// Nothing where it is not armed, or has expired once.
std::optional<TimeLeft> TimeLeftOn(const Timer& timer);
// It has expired, and nobody has read it since.
bool HasExpired(const Timer& timer);
// Whether reading it would return at once: it has expired, or is set not to block.
bool AnswersAtOnce(const Timer& timer);
// Makes an armed timer expire now: whoever waits for it is woken in a moment.
void Fire(const Timer& timer);

}  // namespace sockspec
