// Which calls wait, on what and for how long, from registers and memory that no process has.
#include "harness/trace/waits.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

#include <algorithm>
#include <csignal>
#include <initializer_list>

#include "harness/base/error.h"
#include "harness/trace/decode.h"
#include "harness/trace/recorded_tracee.h"
#include "harness/trace/timer_calls.h"
#include "harness/trace/watched.h"

namespace sockspec {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr int kListener = 3, kConnection = 4, kEpoll = 5, kTimer = 6, kOuterEpoll = 7;

class WaitsTest : public ::testing::Test {
 protected:
  WaitsTest() {
    listener_->role = SocketRole::kListener;
    listener_->endpoint = true;
    connection_->role = SocketRole::kConnection;
    connection_->connection = 2;
    process_.descriptors[kListener].socket = listener_;
    process_.descriptors[kConnection].socket = connection_;
    process_.descriptors[kEpoll].epoll = epoll_;
    process_.descriptors[kOuterEpoll].epoll = outer_;
    process_.descriptors[kTimer].timer = timer_;
    timer_->duplicate = OwnedFd(
        CheckCall(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create()"));
  }
  std::optional<Wait> Classify(long number, std::initializer_list<std::uint64_t> arguments) {
    PendingCall pending = Pending(number, arguments);
    return ClassifyWait(memory_, process_, pending);
  }
  PendingCall Pending(long number, std::initializer_list<std::uint64_t> arguments) {
    PendingCall pending;
    pending.entry = FindCall(static_cast<std::uint64_t>(number));
    std::copy(arguments.begin(), arguments.end(), pending.arguments);
    DecodeEntry(memory_, &pending);
    pending.socket = process_.Socket(pending.call.fd);
    return pending;
  }
  std::uint64_t PutTime(std::int64_t seconds, std::int64_t nanoseconds) {
    return memory_.PutValue(timespec{seconds, nanoseconds});
  }
  void ArmTimer(int seconds) {
    const itimerspec time{{0, 0}, {seconds, 0}};
    CheckCall(timerfd_settime(timer_->duplicate.get(), 0, &time, nullptr), "timerfd_settime()");
  }

  RecordedTracee memory_;
  TracedProcess process_;
  std::shared_ptr<OpenSocket> listener_ = std::make_shared<OpenSocket>();
  std::shared_ptr<OpenSocket> connection_ = std::make_shared<OpenSocket>();
  std::shared_ptr<EpollSet> epoll_ = std::make_shared<EpollSet>();
  std::shared_ptr<EpollSet> outer_ = std::make_shared<EpollSet>();
  std::shared_ptr<Timer> timer_ = std::make_shared<Timer>();
};

TEST_F(WaitsTest, ABlockingCallWaitsForEver) {
  const auto wait = Classify(SYS_accept, {kListener, 0, 0});
  ASSERT_TRUE(wait.has_value());
  EXPECT_FALSE(wait->timed);
  EXPECT_TRUE(wait->on_listener);
  EXPECT_EQ(Describe(*wait), "accept(listener)");
  EXPECT_EQ(Describe(*Classify(SYS_recvfrom, {kConnection, 0, 9, 0, 0, 0})),
            "recvfrom(connection 2)");
}

TEST_F(WaitsTest, ANonBlockingCallDoesNotWait) {
  listener_->non_blocking = true;
  EXPECT_FALSE(Classify(SYS_accept, {kListener, 0, 0}).has_value());
  EXPECT_FALSE(Classify(SYS_recvfrom, {kConnection, 0, 9, MSG_DONTWAIT, 0, 0}).has_value());
}

TEST_F(WaitsTest, ATimeOutOfTheSocketCounts) {
  connection_->receive_timeout = 3 * kSecond;
  const auto wait = Classify(SYS_recvfrom, {kConnection, 0, 9, 0, 0, 0});
  ASSERT_TRUE(wait.has_value());
  EXPECT_TRUE(wait->timed);
  EXPECT_EQ(wait->timeout, 3 * kSecond);
  EXPECT_FALSE(Classify(SYS_sendto, {kConnection, 0, 9, 0, 0, 0})->timed);
}

TEST_F(WaitsTest, PollWatchesWhatItAsksInputOf) {
  const pollfd entries[3] = {{kConnection, POLLIN, 0}, {-1, POLLIN, 0}, {kListener, POLLIN, 0}};
  const auto wait = Classify(SYS_poll, {memory_.PutValue(entries), 3, 500});
  ASSERT_TRUE(wait.has_value());
  EXPECT_TRUE(wait->timed);
  EXPECT_EQ(wait->timeout, kSecond / 2);
  EXPECT_TRUE(WatchesListener(wait->watched));
  EXPECT_EQ(Describe(*wait), "poll on the listener with a time-out");

  const pollfd writable[1] = {{kListener, POLLOUT, 0}};
  const auto other = Classify(SYS_poll, {memory_.PutValue(writable), 1, ~0ULL});
  EXPECT_FALSE(WatchesListener(other->watched));
  EXPECT_FALSE(other->timed);
  EXPECT_EQ(Describe(*other), "poll on a socket");
  EXPECT_FALSE(Classify(SYS_poll, {memory_.PutValue(writable), 1, 0}).has_value());
}

TEST_F(WaitsTest, SelectReadsItsSetsAsFarAsTheyGo) {
  const std::uint64_t readable[1] = {1u << kListener};
  const std::uint64_t sets = memory_.PutValue(readable);
  const auto wait = Classify(SYS_select, {kListener + 1, sets, 0, 0, 0});
  ASSERT_TRUE(wait.has_value());
  EXPECT_TRUE(WatchesListener(wait->watched));
  EXPECT_FALSE(wait->timed);
  EXPECT_FALSE(WatchesListener(Classify(SYS_select, {kListener, sets, 0, 0, 0})->watched));
  EXPECT_FALSE(WatchesListener(Classify(SYS_select, {kListener + 1, 0, sets, 0, 0})->watched));
  // A count that is no count, and sets that are not there.
  EXPECT_TRUE(Classify(SYS_select, {~0ULL, sets, 0, 0, 0}).has_value());
  EXPECT_FALSE(WatchesListener(Classify(SYS_select, {1000, 0xdead0000, 0, 0, 0})->watched));
}

TEST_F(WaitsTest, SelectTakesMicroseconds) {
  const std::uint64_t time = PutTime(1, 500'000);
  EXPECT_EQ(Classify(SYS_select, {0, 0, 0, 0, time})->timeout, 3 * kSecond / 2);
  EXPECT_TRUE(Classify(SYS_select, {0, 0, 0, 0, time})->naps);
  EXPECT_EQ(Classify(SYS_pselect6, {0, 0, 0, 0, PutTime(1, 500'000), 0})->timeout,
            kSecond + 500'000);
}

TEST_F(WaitsTest, AnEpollSetIsAskedWhenItMatters) {
  const auto wait = Classify(SYS_epoll_wait, {kEpoll, 0, 16, ~0ULL});
  ASSERT_TRUE(wait.has_value());
  EXPECT_FALSE(WatchesListener(wait->watched));
  epoll_->members.push_back({.fd = kListener, .socket = listener_, .events = EPOLLIN});
  EXPECT_TRUE(WatchesListener(wait->watched));  // another thread has added it meanwhile
  epoll_->members[0].events = EPOLLOUT;
  EXPECT_FALSE(WatchesListener(wait->watched));
}

TEST_F(WaitsTest, ANestedSetCountsToo) {
  epoll_->members.push_back({.fd = kListener, .socket = listener_, .events = EPOLLIN});
  outer_->members.push_back({.fd = kEpoll, .nested = epoll_, .events = EPOLLIN});
  epoll_->members.push_back({.fd = kOuterEpoll, .nested = outer_, .events = EPOLLIN});  // a ring
  EXPECT_TRUE(WatchesListener(Classify(SYS_epoll_wait, {kOuterEpoll, 0, 1, ~0ULL})->watched));
}

TEST_F(WaitsTest, AMemberReportedOnceIsNotWatchedAnyMore) {
  epoll_->members.push_back(
      {.fd = kListener, .socket = listener_, .events = EPOLLIN | EPOLLONESHOT, .data = 77});
  epoll_event events[1] = {};
  events[0].events = EPOLLIN;
  events[0].data.u64 = 77;
  PendingCall pending = Pending(SYS_epoll_wait, {kEpoll, memory_.PutValue(events), 1, ~0ULL});
  EXPECT_TRUE(WatchesListener(WatchedBy(memory_, process_, pending)));
  pending.call.result = 1;
  SpendReported(memory_, process_, pending);
  EXPECT_FALSE(WatchesListener(WatchedBy(memory_, process_, pending)));
}

TEST_F(WaitsTest, ATimerInTheSetIsATimeOut) {
  epoll_->members.push_back({.fd = kTimer, .timer = timer_, .events = EPOLLIN});
  const auto wait = Classify(SYS_epoll_wait, {kEpoll, 0, 16, ~0ULL});
  EXPECT_FALSE(wait->timed);
  EXPECT_FALSE(FirstTimer(wait->watched).has_value());
  ArmTimer(100);
  const auto first = FirstTimer(wait->watched);
  ASSERT_TRUE(first.has_value());
  EXPECT_GT(first->time.left, 99 * kSecond);
  Fire(*timer_);
  pollfd entry{timer_->duplicate.get(), POLLIN, 0};
  EXPECT_EQ(poll(&entry, 1, -1), 1);
  EXPECT_FALSE(FirstTimer(wait->watched).has_value());  // it has expired
  EXPECT_TRUE(AnswersAtOnce(*timer_));
}

TEST_F(WaitsTest, SleepsTellTheirTime) {
  EXPECT_EQ(Classify(SYS_nanosleep, {PutTime(2, 5), 0})->timeout, 2 * kSecond + 5);
  EXPECT_EQ(Classify(SYS_clock_nanosleep, {CLOCK_MONOTONIC, 0, PutTime(2, 0), 0})->timeout,
            2 * kSecond);
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto wait = Classify(SYS_clock_nanosleep,
                             {CLOCK_MONOTONIC, TIMER_ABSTIME, PutTime(now.tv_sec + 100, 0), 0});
  EXPECT_TRUE(wait->by_clock);
  EXPECT_GT(wait->timeout, 90 * kSecond);
  EXPECT_LE(wait->timeout, 100 * kSecond);
}

TEST_F(WaitsTest, AbsurdTimesAreLong) {
  const std::uint64_t time =
      PutTime(std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max());
  EXPECT_GT(Classify(SYS_nanosleep, {time, 0})->timeout, 3600 * kSecond);
  EXPECT_EQ(Classify(SYS_ppoll, {0, 0, PutTime(-1, 0), 0, 0})->timed, false);
}

// The last seconds that nanoseconds can tell, with a fraction that is no fraction.
TEST_F(WaitsTest, SoAreThoseThatJustFit) {
  const std::int64_t last = std::numeric_limits<std::int64_t>::max() / kSecond - 1;
  const std::uint64_t time = PutTime(last, kSecond - 1);
  EXPECT_GT(Classify(SYS_select, {0, 0, 0, 0, time})->timeout, 3600 * kSecond);
}

TEST_F(WaitsTest, LookingForChildrenIsNoWait) {
  EXPECT_TRUE(Classify(SYS_wait4, {~0ULL, 0, 0, 0}).has_value());
  EXPECT_FALSE(Classify(SYS_wait4, {~0ULL, 0, WNOHANG, 0}).has_value());
  EXPECT_FALSE(Classify(SYS_waitid, {P_ALL, 0, 0, WNOHANG | WEXITED, 0}).has_value());
}

TEST_F(WaitsTest, AFutexMayBeTimed) {
  EXPECT_EQ(Classify(SYS_futex, {0, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, PutTime(3, 0)})->timeout,
            3 * kSecond);
}

// What is left of the time until a point in time, which is far from the clock's beginning.
TEST_F(WaitsTest, APointInTimeIsReadByItsClock) {
  for (const clockid_t clock : {CLOCK_REALTIME, CLOCK_MONOTONIC}) {
    timespec now{};
    CheckCall(clock_gettime(clock, &now), "clock_gettime()");
    const int operation =
        FUTEX_WAIT_BITSET | (clock == CLOCK_REALTIME ? FUTEX_CLOCK_REALTIME : FUTEX_PRIVATE_FLAG);
    const std::optional<Wait> wait = Classify(
        SYS_futex, {0, static_cast<std::uint64_t>(operation), 0, PutTime(now.tv_sec + 3600, 0)});
    EXPECT_TRUE(wait->by_clock);
    EXPECT_THAT(wait->timeout,
                ::testing::AllOf(::testing::Gt(3000 * kSecond), ::testing::Le(3600 * kSecond)));
  }
}

TEST_F(WaitsTest, AnEndedWaitLooksLikeATimeOut) {
  const std::uint64_t readable = memory_.PutValue(std::uint64_t{1u << kListener});
  EXPECT_EQ(ResultOfEndedWait(&memory_, Pending(SYS_select, {kListener + 1, readable, 0, 0, 0})),
            0);
  EXPECT_EQ(memory_.At(readable), std::string(8, '\0'));
  EXPECT_EQ(ResultOfEndedWait(&memory_, Pending(SYS_accept, {kListener, 0, 0})), -EAGAIN);
  EXPECT_EQ(ResultOfEndedWait(&memory_, Pending(SYS_connect, {kConnection, 0, 0})), -EINPROGRESS);
}

TEST_F(WaitsTest, SignalTimersAreArmedAndDisarmed) {
  std::map<int, SignalTimer> timers;
  const auto track = [&](long number, std::initializer_list<std::uint64_t> arguments) {
    TrackSignalTimer(memory_, Pending(number, arguments), 1000, &timers);
  };
  track(SYS_alarm, {30});
  EXPECT_TRUE(timers[SignalTimer::kAlarm].armed);
  EXPECT_EQ(timers[SignalTimer::kAlarm].due, 1000 + 30 * kSecond);
  EXPECT_EQ(timers[SignalTimer::kAlarm].signal, SIGALRM);
  track(SYS_alarm, {0});
  EXPECT_FALSE(timers[SignalTimer::kAlarm].armed);
  const itimerval each_second{{1, 0}, {2, 0}};
  track(SYS_setitimer, {ITIMER_REAL, memory_.PutValue(each_second), 0});
  EXPECT_EQ(timers[SignalTimer::kAlarm].interval, kSecond);
  EXPECT_EQ(timers[SignalTimer::kAlarm].due, 1000 + 2 * kSecond);
  track(SYS_setitimer, {ITIMER_VIRTUAL, memory_.PutValue(itimerval{}), 0});
  EXPECT_TRUE(timers[SignalTimer::kAlarm].armed);

  sigevent event{};
  event.sigev_signo = SIGUSR1;
  event.sigev_value.sival_int = 5;
  const std::uint64_t id = memory_.PutValue(int{7});
  track(SYS_timer_create, {CLOCK_MONOTONIC, memory_.PutValue(event), id});
  track(SYS_timer_settime, {7, 0, memory_.PutValue(itimerspec{{0, 0}, {4, 0}}), 0});
  EXPECT_TRUE(timers.at(7).armed);
  EXPECT_EQ(timers.at(7).signal, SIGUSR1);
  EXPECT_EQ(timers.at(7).due, 1000 + 4 * kSecond);
  track(SYS_timer_delete, {7});
  EXPECT_FALSE(timers.contains(7));
  track(SYS_timer_create, {CLOCK_THREAD_CPUTIME_ID, memory_.PutValue(event), id});
  EXPECT_FALSE(timers.contains(7));  // stands still while its thread sleeps
}

}  // namespace
}  // namespace sockspec
