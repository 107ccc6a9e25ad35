// What /proc tells of real processes that nobody traces.
#include "harness/trace/untraced_program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

#include "harness/base/error.h"
#include "harness/base/owned_fd.h"

namespace sockspec {
namespace {

class UntracedProgramTest : public ::testing::Test {
 protected:
  UntracedProgramTest()
      : proc_(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)),
        program_(proc_.get(), 0,
                 {.record = [this](Event event) { events_.push_back(std::move(event)); },
                  .other_child_ended = [](pid_t, int) {}}) {}

  ~UntracedProgramTest() override {
    for (const pid_t pid : program_.LivingProcesses()) kill(pid, SIGKILL);
    while (waitpid(-1, nullptr, __WALL) > 0) {
    }
  }

  pid_t Run(const std::function<void()>& body) {
    const pid_t pid = CheckCall(fork(), "fork()");
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      body();
      _exit(7);
    }
    program_.Adopt(pid, 0, false);
    return pid;
  }

  // Looks until `enough`; what must come never does not end this, but the test runner does.
  void Until(const std::function<bool()>& enough) {
    while (true) {
      program_.HandleStops();
      if (enough()) return;
      sched_yield();
    }
  }

  RestState AtRest() {
    Until([this] { return program_.StateOfRest().rest != Rest::kFallingAsleep; });
    return program_.StateOfRest();
  }

  RestState RestOf(const std::function<void()>& body) {
    Run(body);
    return AtRest();
  }

  OwnedFd proc_;
  UntracedProgram program_;
  std::vector<Event> events_;
};

OwnedFd Listening() {
  OwnedFd fd(socket(AF_INET, SOCK_STREAM, 0));
  CheckCall(listen(fd.get(), 1), "listen()");
  return fd;
}

TEST_F(UntracedProgramTest, AWaitWithoutTimeoutIsRest) {
  const RestState state = RestOf([] { poll(nullptr, 0, -1); });
  EXPECT_EQ(state.rest, Rest::kSettled);
  EXPECT_EQ(state.what, "poll");
}

TEST_F(UntracedProgramTest, AcceptIsRest) {
  const RestState state = RestOf([] { accept(Listening().get(), nullptr, nullptr); });
  EXPECT_EQ(state.rest, Rest::kSettled);
  EXPECT_EQ(state.what, "accept");
}

TEST_F(UntracedProgramTest, WhatMayEndByItselfIsNoCertainRest) {
  const std::function<void()> bodies[] = {[] { poll(nullptr, 0, 1'000'000); },
                                          [] {
                                            const timespec long_time{.tv_sec = 1000, .tv_nsec = 0};
                                            sigset_t none;
                                            sigemptyset(&none);
                                            sigtimedwait(&none, nullptr, &long_time);
                                          },
                                          [] {
                                            const OwnedFd listener = Listening();
                                            const timeval long_time{.tv_sec = 1000, .tv_usec = 0};
                                            setsockopt(listener.get(), SOL_SOCKET, SO_RCVTIMEO,
                                                       &long_time, sizeof long_time);
                                            accept(listener.get(), nullptr, nullptr);
                                          },
                                          [] {
                                            signal(SIGALRM, [](int) {});
                                            alarm(1000);
                                            pause();
                                          },
                                          [] {
                                            const OwnedFd timer(timerfd_create(CLOCK_MONOTONIC, 0));
                                            poll(nullptr, 0, -1);
                                          },
                                          [] {
                                            timer_t timer;
                                            timer_create(CLOCK_MONOTONIC, nullptr, &timer);
                                            pause();
                                          }};
  for (const auto& body : bodies) {
    SCOPED_TRACE(&body - bodies);
    const pid_t pid = Run(body);
    EXPECT_EQ(AtRest().rest, Rest::kTimedWait);
    program_.Signal(pid, SIGKILL);
    Until([this] { return !program_.AnyLiving(); });
  }
}

TEST_F(UntracedProgramTest, AThreadThatRunsIsNoRest) {
  Run([] {
    std::atomic<int> turns = 0;
    while (true) ++turns;
  });
  for (int i = 0; i < 100; ++i) {
    program_.HandleStops();
    EXPECT_EQ(program_.StateOfRest().rest, Rest::kFallingAsleep);
  }
}

TEST_F(UntracedProgramTest, OneThreadThatRunsAmongSleepersIsNoRest) {
  Run([] {
    std::thread sleeper([] { poll(nullptr, 0, -1); });
    std::atomic<int> turns = 0;
    while (true) ++turns;
  });
  Until([this] { return ThreadsOf(proc_.get(), program_.LaunchedPid(0)).size() == 2; });
  for (int i = 0; i < 100; ++i) {
    program_.HandleStops();
    EXPECT_EQ(program_.StateOfRest().rest, Rest::kFallingAsleep);
  }
}

TEST_F(UntracedProgramTest, ASleeperThatWasWokenAndSleepsAgainHasRun) {
  int ends[2];
  CheckCall(pipe(ends), "pipe()");
  Run([&] {
    char byte;
    while (read(ends[0], &byte, 1) == 1) {
    }
  });
  ASSERT_EQ(AtRest().rest, Rest::kSettled);
  program_.HandleStops();
  EXPECT_EQ(program_.StateOfRest().rest, Rest::kSettled);
  CheckCall(write(ends[1], "x", 1), "write()");
  EXPECT_GT(program_.HandleStops(), 0);
  EXPECT_EQ(AtRest().rest, Rest::kSettled);
}

TEST_F(UntracedProgramTest, TellsHowTheFirstProcessEnds) {
  Run([] {});
  Until([this] { return !program_.AnyLiving(); });
  EXPECT_EQ(program_.LaunchedPid(0), 0);
  ASSERT_EQ(events_.size(), 2u);
  EXPECT_EQ(events_[0].kind, EventKind::kProcessStarted);
  EXPECT_EQ(events_[1].kind, EventKind::kExited);
  EXPECT_EQ(events_[1].number, 7);
  EXPECT_EQ(events_[1].process, 1);
}

TEST_F(UntracedProgramTest, TellsBySignalToo) {
  const pid_t pid = Run([] { pause(); });
  program_.Signal(pid, SIGTERM);
  Until([this] { return !program_.AnyLiving(); });
  EXPECT_EQ(events_.back().signal, SIGTERM);
}

TEST_F(UntracedProgramTest, SeesChildrenAndThoseThatOutliveTheirParent) {
  CheckCall(prctl(PR_SET_CHILD_SUBREAPER, 1), "prctl(PR_SET_CHILD_SUBREAPER)");
  Run([] {
    if (fork() == 0) pause();
  });
  Until([this] { return program_.LaunchedPid(0) == 0; });
  Until([this] { return program_.LivingProcesses().size() == 1; });
  EXPECT_TRUE(program_.AnyLiving());
  EXPECT_EQ(AtRest().rest, Rest::kSettled);
  program_.Signal(program_.LivingProcesses().front(), SIGKILL);
  Until([this] { return events_.back().kind == EventKind::kProcessEnded; });
  EXPECT_EQ(events_.back().signal, SIGKILL);
  EXPECT_EQ(events_.back().process, 2);
  EXPECT_FALSE(program_.AnyLiving());
}

TEST_F(UntracedProgramTest, KnowsWhenAllAreStopped) {
  const pid_t pid = Run([] { pause(); });  // which comes again as itself
  AtRest();
  EXPECT_FALSE(program_.AllStopped());
  program_.Signal(pid, SIGSTOP);
  Until([this] { return program_.AllStopped(); });
  EXPECT_EQ(AtRest().what, "stopped by a signal");
  program_.Signal(pid, SIGCONT);
  Until([this] { return !program_.AllStopped(); });
  EXPECT_EQ(AtRest().rest, Rest::kSettled);
}

}  // namespace
}  // namespace sockspec
