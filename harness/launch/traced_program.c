// A program for tracer_test: does known socket calls, one mode an argument.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "harness/launch/traced_socket.h"

static int Calls(void) {
  const int fd = Listener(5);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  if (accept(fd, NULL, NULL) != -1 || errno != EAGAIN) return 1;
  const int copy = dup(fd);
  close(fd);
  shutdown(copy, SHUT_RDWR);
  close(copy);
  return close(copy) == -1 && errno == EBADF ? 0 : 2;
}

static int Fork(void) {
  const int fd = Listener(1);
  const pid_t child = fork();
  if (child == 0) {
    close(fd);
    _exit(7);
  }
  int status = 0;
  waitpid(child, &status, 0);
  close(fd);
  return WEXITSTATUS(status) == 7 ? 0 : 1;
}

enum { kThreads = 4, kRounds = 50 };
static void* OpenAndClose(void* unused) {
  for (int i = 0; i < kRounds; ++i) close(socket(AF_INET, SOCK_DGRAM, 0));
  return unused;
}
static int Threads(void) {
  pthread_t threads[kThreads];
  for (int i = 0; i < kThreads; ++i) pthread_create(&threads[i], NULL, OpenAndClose, NULL);
  for (int i = 0; i < kThreads; ++i) pthread_join(threads[i], NULL);
  return 0;
}

// Sends 10 bytes in two vectors over and over until all have gone, and prints what arrived.
static int Transfer(void) {
  int server = -1;
  const int client = ConnectTo(Listener(1), &server);
  char text[] = "0123456789";
  int calls = 0;
  for (size_t sent = 0; sent < 10; ++calls) {
    const size_t half = sent < 5 ? 5 - sent : 0;
    struct iovec parts[2] = {{text + sent, half}, {text + sent + half, 10 - sent - half}};
    const ssize_t n = writev(server, parts, 2);
    if (n > 0) sent += (size_t)n;
  }
  shutdown(server, SHUT_WR);
  char got[32];
  size_t have = 0;
  ssize_t n;
  while ((n = read(client, got + have, sizeof got - have)) > 0) have += (size_t)n;
  printf("%d %.*s\n", calls, (int)have, got);
  return 0;
}

static int Heartbeat(void) {
  struct pollfd entry = {Listener(1), POLLIN, 0};
  while (poll(&entry, 1, 3600 * 1000) == 0) {
  }
  return 1;
}

// A library that keeps SIGPIPE away from its caller does so around each wait.
static int HeartbeatThatIgnoresASignal(void) {
  struct pollfd entry = {Listener(1), POLLIN, 0};
  do {
    signal(SIGPIPE, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
  } while (poll(&entry, 1, 3600 * 1000) == 0);
  return 1;
}

// It asks for input that has ended long ago, again and again.
static int HeartbeatThatReads(void) {
  char byte;
  if (dup2(open("/dev/null", O_RDONLY), 0) < 0) return 1;
  struct pollfd entry = {Listener(1), POLLIN, 0};
  while (poll(&entry, 1, 100) == 0) {
    if (read(0, &byte, 1) != 0) return 1;
  }
  return 1;
}

// One long timed wait, then an end of its own.
static int TimedSelect(void) {
  const int fd = Listener(1);
  fd_set readable;
  FD_ZERO(&readable);
  FD_SET(fd, &readable);
  struct timeval hour = {3600, 0};
  const int n = select(fd + 1, &readable, NULL, NULL, &hour);
  return n == 0 && !FD_ISSET(fd, &readable) ? 5 : 6;
}

static int Wait(void) {
  const int fd = Listener(1);
  return accept(fd, NULL, NULL) == -1 ? errno : 0;
}

static int Spin(void) {
  const int fd = Listener(1);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  while (accept(fd, NULL, NULL) == -1) {
  }
  return 0;
}

// Is told of a client again and again, and never accepts it.
static int DeafToPoll(void) {
  const int listener = Listener(1);
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  getsockname(listener, (struct sockaddr*)&address, &size);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(client, (struct sockaddr*)&address, size) == -1) return 1;
  struct pollfd entry = {listener, POLLIN, 0};
  while (poll(&entry, 1, -1) == 1) {
  }
  return 0;
}

static void* WaitForBytes(void* pipe_end) {
  char byte;
  return read(*(int*)pipe_end, &byte, 1) == 1 ? pipe_end : NULL;
}

// One thread spins until another, which computes, ends it.
static volatile int computed, spun;
static void* Compute(void* unused) {
  while (spun < 1500) sched_yield();
  computed = 1;
  return unused;
}
static int SpinBeside(void* (*other)(void*)) {
  const int fd = Listener(1);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  int ends[2];
  pthread_t thread;
  if (pipe(ends) == -1 || pthread_create(&thread, NULL, other, &ends[0]) != 0) return 1;
  while (accept(fd, NULL, NULL) == -1 && !computed) ++spun;
  pthread_join(thread, NULL);
  return 0;
}
static int SpinBesideSleeper(void) { return SpinBeside(WaitForBytes); }
static int SpinBesideWorker(void) { return SpinBeside(Compute); }

// Says whether the second connect() on the same socket says EISCONN: the first one really happened.
static int ConnectTwice(void) {
  const int listener = Listener(1);
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  getsockname(listener, (struct sockaddr*)&address, &size);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr*)&address, size) != -1 || errno != EINTR) return 1;
  return connect(fd, (struct sockaddr*)&address, size) == -1 && errno == EISCONN ? 0 : 2;
}

// 0 where, of all its opens, only that for reading data between listen() and accept() has failed.
static int Opens(void) {
  char path[] = "/tmp/traced-program-XXXXXX";
  const int made = mkstemp(path);
  if (made < 0 || open(path, O_RDONLY) < 0) return 1;
  const int fd = Listener(1);
  const int data = open(path, O_RDONLY), error = errno;
  const int others = open(path, O_WRONLY) >= 0 && open("/dev/null", O_RDONLY) >= 0 &&
                     open("/usr/bin/env", O_RDONLY) >= 0 && open("/etc/passwd", O_RDONLY) >= 0;
  const int code = open("/missing/module.so.1", O_RDONLY) == -1 && errno == ENOENT;
  fcntl(fd, F_SETFL, O_NONBLOCK);
  if (accept(fd, NULL, NULL) != -1) return 2;
  const int late = open(path, O_RDONLY) >= 0;
  unlink(path);
  if (data != -1 || error != EMFILE) return 3;
  return others && code && late ? 0 : 4;
}

static int Clock(void) {
  struct timespec before, after;
  clock_gettime(CLOCK_REALTIME, &before);
  close(socket(AF_INET, SOCK_STREAM, 0));  // the test moves the clock when it sees this
  clock_gettime(CLOCK_REALTIME, &after);
  // time() may be up to a clock tick late.
  return after.tv_sec - before.tv_sec >= 3600 && time(NULL) + 1 >= after.tv_sec ? 0 : 1;
}

// Prints how many processors it may use, as it is told.
static int Processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  printf("%d\n", CPU_COUNT(&set));
  return 0;
}

// Moves to the last one that it is told of, and prints whether it is there.
static int ChooseProcessor(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  int last = CPU_SETSIZE - 1;
  while (last > 0 && !CPU_ISSET(last, &set)) --last;
  CPU_ZERO(&set);
  CPU_SET(last, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) return 1;
  printf("%s\n", sched_getcpu() == last ? "there" : "elsewhere");
  return 0;
}

static void MakeSocket(void) { syscall(SYS_socket, AF_INET, SOCK_STREAM, 0); }

// The first socket of a coroutine whose stack is little and lies on the main stack. Tells how many
// of the bytes below it have changed.
static int SocketOnLittleStack(void) {
  struct {
    unsigned char below[4096];
    unsigned char stack[320];
  } memory;
  memset(memory.below, 0xaa, sizeof memory.below);
  syscall(SYS_getpid);  // from now on it is bound
  static ucontext_t here, there;
  getcontext(&there);
  there.uc_stack.ss_sp = memory.stack;
  there.uc_stack.ss_size = sizeof memory.stack;
  there.uc_link = &here;
  makecontext(&there, MakeSocket, 0);
  swapcontext(&here, &there);
  int changed = 0;
  for (size_t i = 0; i < sizeof memory.below; ++i) changed += memory.below[i] != 0xaa;
  return changed > 255 ? 255 : changed;
}

int main(int argc, char** argv) {
  static const struct Mode modes[] = {
      {"calls", Calls},
      {"fork", Fork},
      {"threads", Threads},
      {"transfer", Transfer},
      {"heartbeat", Heartbeat},
      {"heartbeat-ignoring-signal", HeartbeatThatIgnoresASignal},
      {"heartbeat-reading", HeartbeatThatReads},
      {"timed-select", TimedSelect},
      {"wait", Wait},
      {"spin", Spin},
      {"connect-twice", ConnectTwice},
      {"clock", Clock},
      {"processors", Processors},
      {"choose-processor", ChooseProcessor},
      {"opens", Opens},
      {"socket-on-little-stack", SocketOnLittleStack},
      {"deaf-to-poll", DeafToPoll},
      {"spin-beside-sleeper", SpinBesideSleeper},
      {"spin-beside-worker", SpinBesideWorker},
  };
  return RunMode(argc, argv, modes, sizeof modes / sizeof modes[0]);
}
