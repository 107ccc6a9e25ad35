// Timers that are descriptors, through a descriptor of our own.
#include "harness/trace/timerfd.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/timerfd.h>

#include "harness/base/error.h"

namespace sockspec {
namespace {

std::int64_t Nanoseconds(const timespec& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

std::optional<TimeLeft> TimeLeftOn(const Timer& timer) {
  itimerspec now{};
  CheckCall(timerfd_gettime(timer.duplicate.get(), &now), "timerfd_gettime({})",
            timer.duplicate.get());
  const std::int64_t left = Nanoseconds(now.it_value);
  if (left == 0) return std::nullopt;
  return TimeLeft{left, Nanoseconds(now.it_interval)};
}

bool HasExpired(const Timer& timer) {
  pollfd entry{timer.duplicate.get(), POLLIN, 0};
  return CheckCall(poll(&entry, 1, 0), "poll(timer)") > 0;
}

bool AnswersAtOnce(const Timer& timer) {
  const int flags = CheckCall(fcntl(timer.duplicate.get(), F_GETFL), "fcntl(timer, F_GETFL)");
  return (flags & O_NONBLOCK) != 0 || HasExpired(timer);
}

void Fire(const Timer& timer) {
  itimerspec now{};
  CheckCall(timerfd_gettime(timer.duplicate.get(), &now), "timerfd_gettime({})",
            timer.duplicate.get());
  now.it_value = {0, 1};
  CheckCall(timerfd_settime(timer.duplicate.get(), 0, &now, nullptr), "timerfd_settime({})",
            timer.duplicate.get());
}

}  // namespace sockspec
