// A program for tracer_timers_test: waits for time in every way, one mode an argument.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "harness/launch/traced_socket.h"

enum { kHour = 3600, kEnded = 5 };

static int ArmedTimer(int flags, int seconds, int interval) {
  const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | flags);
  const struct itimerspec time = {{interval, 0}, {seconds, 0}};
  timerfd_settime(fd, 0, &time, NULL);
  return fd;
}

static int EpollOf(int first, int second) {
  const int set = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data = {.fd = first}};
  epoll_ctl(set, EPOLL_CTL_ADD, first, &event);
  event.data.fd = second;
  epoll_ctl(set, EPOLL_CTL_ADD, second, &event);
  return set;
}

static int TimerInEpoll(void) {
  const int timer = ArmedTimer(TFD_NONBLOCK, kHour, 0);
  struct epoll_event event;
  const int set = EpollOf(Listener(1), timer);
  return epoll_wait(set, &event, 1, -1) == 1 && event.data.fd == timer ? kEnded : 1;
}

static int TimerRead(void) {
  uint64_t times = 0;
  close(Listener(1));
  const int timer = ArmedTimer(0, kHour, 0);
  return read(timer, &times, sizeof times) == sizeof times && times == 1 ? kEnded : 1;
}

// Two timers: the shorter one must come first.
static int TwoTimers(void) {
  const int late = ArmedTimer(TFD_NONBLOCK, 2 * kHour, 0);
  const int early = ArmedTimer(TFD_NONBLOCK, kHour, 0);
  struct epoll_event event;
  const int set = EpollOf(late, early);
  close(Listener(1));
  return epoll_wait(set, &event, 1, -1) == 1 && event.data.fd == early ? kEnded : 1;
}

// Each hour it wakes and does nothing.
static int TimerTicks(void) {
  const int timer = ArmedTimer(TFD_NONBLOCK, kHour, kHour);
  struct epoll_event event;
  uint64_t times;
  const int set = EpollOf(Listener(1), timer);
  while (epoll_wait(set, &event, 1, -1) == 1 && event.data.fd == timer) {
    if (read(timer, &times, sizeof times) != sizeof times) return 1;
  }
  return 0;
}

static void Nothing(int signal) { (void)signal; }
static void HandleAlarm(void) {
  struct sigaction action = {.sa_handler = Nothing};
  sigaction(SIGALRM, &action, NULL);
}

static int Alarm(void) {
  HandleAlarm();
  const int fd = Listener(1);
  alarm(kHour);
  return accept(fd, NULL, NULL) == -1 && errno == EINTR ? kEnded : 1;
}

static int AlarmOff(void) {
  HandleAlarm();
  const int fd = Listener(1);
  alarm(kHour);
  alarm(0);
  return accept(fd, NULL, NULL);
}

static int AlarmTicks(void) {
  HandleAlarm();
  const int fd = Listener(1);
  const struct itimerval hourly = {{kHour, 0}, {kHour, 0}};
  setitimer(ITIMER_REAL, &hourly, NULL);
  while (accept(fd, NULL, NULL) == -1 && errno == EINTR) {
  }
  return 1;
}

// The alarm comes after the time-out of the call, however they are ended.
static int AlarmAfterPoll(void) {
  struct pollfd entry = {Listener(1), POLLIN, 0};
  alarm(kHour);  // would kill
  if (poll(&entry, 1, 1000 * 60) != 0) return 1;
  alarm(0);
  return kEnded;
}

static int Expect(timer_t timer, const sigset_t* set) {
  const struct itimerspec hour = {{0, 0}, {kHour, 0}};
  siginfo_t info;
  timer_settime(timer, 0, &hour, NULL);
  const int signal = sigwaitinfo(set, &info);
  return signal == SIGUSR1 && info.si_code == SI_TIMER && info.si_value.sival_int == 77 ? kEnded
                                                                                        : 1;
}
static int PosixTimer(void) {
  struct sigevent event = {
      .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value = {.sival_int = 77}};
  sigset_t set;
  timer_t timer;
  close(Listener(1));
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return 2;
  return Expect(timer, &set);
}

static void End(union sigval value) { _exit(value.sival_int); }
static int TimerThread(void) {
  struct sigevent event = {.sigev_notify = SIGEV_THREAD,
                           .sigev_notify_function = End,
                           .sigev_value = {.sival_int = kEnded}};
  const struct itimerspec hour = {{0, 0}, {kHour, 0}};
  timer_t timer;
  close(Listener(1));
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return 1;
  timer_settime(timer, 0, &hour, NULL);
  pause();
  return 2;
}

static int SocketTimeOut(void) {
  const struct timeval hour = {kHour, 0};
  const int fd = Listener(1);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &hour, sizeof hour);
  return accept(fd, NULL, NULL) == -1 && errno == EAGAIN ? kEnded : 1;
}

// Looks for a client once an hour.
static int Polls(void) {
  const int fd = Listener(1);
  const struct timespec hour = {kHour, 0};
  fcntl(fd, F_SETFL, O_NONBLOCK);
  while (accept(fd, NULL, NULL) == -1 && errno == EAGAIN) nanosleep(&hour, NULL);
  return 1;
}

// Looks thirty times and gives up.
static int PollsAndGivesUp(void) {
  int server = -1;
  const int client = ConnectTo(Listener(1), &server);
  const struct timespec minute = {60, 0};
  char byte;
  for (int i = 0; i < 30; ++i) {
    if (recv(client, &byte, 1, MSG_DONTWAIT) != -1) return 1;
    nanosleep(&minute, NULL);
  }
  return kEnded;
}

static int AbsoluteSleep(void) {
  struct timespec then;
  close(Listener(1));
  clock_gettime(CLOCK_MONOTONIC, &then);
  then.tv_sec += kHour;
  return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL) == 0 ? kEnded : 1;
}

// Waits for another thread, which never comes, so long at most.
static int AwaitNobody(long milliseconds) {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  struct timespec then;
  clock_gettime(CLOCK_REALTIME, &then);
  then.tv_nsec += milliseconds % 1000 * 1000000;
  then.tv_sec += milliseconds / 1000 + then.tv_nsec / 1000000000;
  then.tv_nsec %= 1000000000;
  pthread_mutex_lock(&mutex);
  const int error = pthread_cond_timedwait(&condition, &mutex, &then);
  pthread_mutex_unlock(&mutex);
  return error;
}

// With a conversation open it waits for another thread, an hour at most.
static int TimedCondition(void) {
  int server = -1;
  ConnectTo(Listener(1), &server);
  if (send(server, "x", 1, 0) != 1) return 1;
  return AwaitNobody(kHour * 1000L) == ETIMEDOUT ? kEnded : 2;
}

// A thread sleeps as Java does: by whole milliseconds that are left of so many.
static void SleepByCondition(int left) {
  struct timespec before, now;
  clock_gettime(CLOCK_REALTIME, &before);
  while (left > 0) {
    AwaitNobody(left);
    clock_gettime(CLOCK_REALTIME, &now);
    left -= (int)((now.tv_sec - before.tv_sec) * 1000 + (now.tv_nsec - before.tv_nsec) / 1000000);
    before = now;
  }
}

// Between two looks for clients it pauses.
static int PausesByCondition(void) {
  const int listener = Listener(1);
  SleepByCondition(100);
  close(listener);
  return kEnded;
}

// The same while another thread waits for clients.
static void* Housekeeper(void* unused) {
  (void)unused;
  SleepByCondition(9000);
  _exit(kEnded);
}

// At its signal it waits for the others, as often as Java does.
static sigset_t stop_signals;
static void* Stopper(void* unused) {
  int signal = 0;
  sigwait(&stop_signals, &signal);
  for (int i = 0; i < 30; ++i) AwaitNobody(10);
  _exit(kEnded);
  return unused;
}

static int AcceptBeside(void* (*other)(void*)) {
  pthread_t thread;
  const int listener = Listener(1);
  sigaddset(&stop_signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop_signals, NULL);
  pthread_create(&thread, NULL, other, NULL);
  return accept(listener, NULL, NULL) != -1;
}

static int HousekeepingThread(void) { return AcceptBeside(Housekeeper); }
static int WaitsForThreadsAtTheEnd(void) { return AcceptBeside(Stopper); }

// Waits for clients, and for the rest of an hour: for less each time.
static int WaitsForTheRest(int listener) {
  for (int left = kHour * 1000; left > 0; left -= 10) {
    struct pollfd entry = {listener, POLLIN, 0};
    if (poll(&entry, 1, left) != 0) return 1;
  }
  return kEnded;
}

static int KeepsHouse(void) { return WaitsForTheRest(Listener(1)); }

static int KeepsAClient(void) {
  const int listener = Listener(1);
  int served = -1;
  ConnectTo(listener, &served);
  return WaitsForTheRest(listener);
}

// Waits for clients while a process of its own, with these descriptors closed, waits for the rest.
static int AcceptBesideProcess(int listener, int first_closed, int second_closed) {
  int ends[2];
  if (pipe(ends) != 0) return 1;
  const pid_t other = fork();
  if (other == 0) {
    close(first_closed);
    close(second_closed);
    _exit(WaitsForTheRest(ends[0]));
  }
  return other < 0 || accept(listener, NULL, NULL) != -1;
}

static int HousekeepingProcess(void) {
  const int listener = Listener(1);
  return AcceptBesideProcess(listener, listener, -1);
}

static int ProcessWithAClient(void) {
  const int listener = Listener(1);
  int served = -1;
  const int client = ConnectTo(listener, &served);
  return AcceptBesideProcess(listener, listener, client);
}

static long MillisecondsUntil(const struct timespec* end) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (end->tv_sec - now.tv_sec) * 1000 + (end->tv_nsec - now.tv_nsec) / 1000000;
}

// Serves a client and waits for the rest of an hour. The third wait begins late, as on a busy
// machine: long after its length was reckoned.
static int WaitsLate(void) {
  const int listener = Listener(1);
  int served = -1;
  struct timespec end;
  ConnectTo(listener, &served);
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_sec += kHour;
  for (int number = 1;; ++number) {
    struct pollfd entry = {listener, POLLIN, 0};
    const long left = MillisecondsUntil(&end) + 1;
    while (number == 3 && MillisecondsUntil(&end) > left - 10) {
    }
    if (poll(&entry, 1, (int)left) != 0) return 1;
  }
}

// Serves a client, and beats 20 times a second by its clock.
static int BeatsByTheClock(void) {
  const int listener = Listener(1);
  int served = -1;
  ConnectTo(listener, &served);
  while (1) {
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += 50000000;
    long left;
    while ((left = MillisecondsUntil(&end)) > 0) {
      struct pollfd entry = {listener, POLLIN, 0};
      if (poll(&entry, 1, (int)left) != 0) return 1;
    }
  }
}

int main(int argc, char** argv) {
  static const struct Mode modes[] = {
      {"timer-in-epoll", TimerInEpoll},
      {"timer-read", TimerRead},
      {"two-timers", TwoTimers},
      {"timer-ticks", TimerTicks},
      {"alarm", Alarm},
      {"alarm-off", AlarmOff},
      {"alarm-ticks", AlarmTicks},
      {"alarm-after-poll", AlarmAfterPoll},
      {"posix-timer", PosixTimer},
      {"timer-thread", TimerThread},
      {"socket-time-out", SocketTimeOut},
      {"polls", Polls},
      {"polls-and-gives-up", PollsAndGivesUp},
      {"absolute-sleep", AbsoluteSleep},
      {"timed-condition", TimedCondition},
      {"pauses-by-condition", PausesByCondition},
      {"housekeeping-thread", HousekeepingThread},
      {"waits-for-threads-at-the-end", WaitsForThreadsAtTheEnd},
      {"keeps-house", KeepsHouse},
      {"housekeeping-process", HousekeepingProcess},
      {"process-with-a-client", ProcessWithAClient},
      {"beats-by-the-clock", BeatsByTheClock},
      {"keeps-a-client", KeepsAClient},
      {"waits-late", WaitsLate},
  };
  return RunMode(argc, argv, modes, sizeof modes / sizeof modes[0]);
}
