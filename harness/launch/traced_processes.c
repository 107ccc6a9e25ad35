// A program for tracer_processes_test: processes and descriptors in every way, one mode an argument.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/launch/traced_socket.h"

extern char** environ;
static char self[] = "/proc/self/exe";

static int Accept(int fd) { return accept(fd, NULL, NULL) == -1 ? errno : 0; }

static int StatusOf(pid_t child) {
  int status = 0;
  if (child <= 0 || waitpid(child, &status, 0) != child) return 90;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 91;
}

static int Seven(void) {
  close(socket(AF_INET, SOCK_STREAM, 0));
  return 7;
}

static int Spawn(void) {
  char* words[] = {self, "seven", NULL};
  pid_t child;
  const int fd = Listener(1);
  if (posix_spawn(&child, self, NULL, NULL, words, environ) != 0) return 1;
  const int status = StatusOf(child);
  close(fd);
  return status;
}

static int Vfork(void) {
  char* words[] = {self, "seven", NULL};
  const int fd = Listener(1);
  const pid_t child = vfork();
  if (child == 0) {
    close(fd);
    execve(self, words, environ);
    _exit(1);
  }
  const int status = StatusOf(child);
  // The child has closed its own copy.
  return listen(fd, 2) == 0 ? status : 2;
}

// A daemon: the launched process and the one between end.
static int DoubleFork(void) {
  if (fork() != 0) _exit(0);
  setsid();
  if (fork() != 0) _exit(0);
  return Accept(Listener(1));
}

static void* Execute(void* unused) {
  char* words[] = {self, "seven", NULL};
  execve(self, words, environ);
  return unused;
}
static int ExecFromThread(void) {
  pthread_t thread;
  close(Listener(1));
  pthread_create(&thread, NULL, Execute, NULL);
  pthread_join(thread, NULL);
  return 1;
}

static int Pipeline(void) {
  return system("echo one | cat | cat >/dev/null") == 0 ? 0 : 1;
}

static int Inherited(void) { return Accept(0); }

static int Pass(int channel, const int* descriptors, size_t count) {
  char byte = 'x', control[CMSG_SPACE(4 * sizeof(int))] = {0};
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = CMSG_SPACE(count * sizeof(int))};
  struct cmsghdr* entry = CMSG_FIRSTHDR(&message);
  entry->cmsg_level = SOL_SOCKET;
  entry->cmsg_type = SCM_RIGHTS;
  entry->cmsg_len = CMSG_LEN(count * sizeof(int));
  memcpy(CMSG_DATA(entry), descriptors, count * sizeof(int));
  return sendmsg(channel, &message, 0) == 1 ? 0 : -1;
}

static int TakeOne(int channel) {
  char byte, control[CMSG_SPACE(4 * sizeof(int))];
  struct iovec part = {&byte, 1};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != 1) return -1;
  int fd = -1;
  const struct cmsghdr* entry = CMSG_FIRSTHDR(&message);
  if (entry != NULL) memcpy(&fd, CMSG_DATA(entry), sizeof fd);
  return fd;
}

// The parent makes the listener, passes it on and closes it; the child accepts.
static int PassListener(void) {
  int channel[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, channel) != 0) return 1;
  if (fork() == 0) {
    close(channel[0]);
    return Accept(TakeOne(channel[1]));
  }
  const int fd = Listener(1);
  close(channel[1]);
  if (Pass(channel[0], &fd, 1) != 0) return 2;
  close(fd);
  close(channel[0]);
  return 0;
}

// The parent fetches the listener of its child.
static int TakeListener(void) {
  int ends[2];
  if (pipe(ends) != 0) return 1;
  const pid_t child = fork();
  if (child == 0) {
    const int fd = Listener(1);
    if (write(ends[1], &fd, sizeof fd) != sizeof fd) _exit(1);
    pause();
    _exit(0);
  }
  int fd;
  if (read(ends[0], &fd, sizeof fd) != sizeof fd) return 2;
  const int process = (int)syscall(SYS_pidfd_open, child, 0);
  return Accept((int)syscall(SYS_pidfd_getfd, process, fd, 0));
}

// Six copies of one listener, and all closed in the end, each time in another way.
static int Copies(void) {
  const int fd = Listener(1);
  const int copies[] = {dup(fd), dup2(fd, 50), dup3(fd, 51, O_CLOEXEC), fcntl(fd, F_DUPFD, 60),
                        fcntl(fd, F_DUPFD_CLOEXEC, 70)};
  for (size_t i = 0; i < 5; ++i) {
    if (listen(copies[i], 1) != 0) return 1;
  }
  close(fd);
  close(copies[0]);
  dup2(2, 50);  // another file takes its place
  close_range(51, 100, 0);
  return listen(60, 1) == -1 && errno == EBADF ? 0 : 2;
}

static int CopiesAtExec(void) {
  char* words[] = {self, "seven", NULL};
  const int fd = Listener(1);
  fcntl(fd, F_DUPFD, 60);
  fcntl(fd, F_DUPFD_CLOEXEC, 70);
  close_range(fd, fd, CLOSE_RANGE_CLOEXEC);
  execve(self, words, environ);
  return 1;
}

static int Messages(void) {
  int server = -1;
  const int client = ConnectTo(Listener(1), &server);
  char text[] = "0123456789", got[10];
  struct iovec parts[2] = {{text, 4}, {text + 4, 6}};
  struct mmsghdr out[2] = {{.msg_hdr = {.msg_iov = &parts[0], .msg_iovlen = 1}},
                           {.msg_hdr = {.msg_iov = &parts[1], .msg_iovlen = 1}}};
  if (sendmmsg(server, out, 2, 0) != 2) return 1;
  struct iovec room = {got, sizeof got};
  struct mmsghdr in = {.msg_hdr = {.msg_iov = &room, .msg_iovlen = 1}};
  return recvmmsg(client, &in, 1, 0, NULL) == 1 && in.msg_len == 10 ? 0 : 2;
}

// Bytes go into a pipe, from there to the connection, and back.
static int Splices(void) {
  int server = -1, ends[2];
  const int client = ConnectTo(Listener(1), &server);
  char got[4];
  if (pipe(ends) != 0 || write(ends[1], "four", 4) != 4) return 1;
  if (splice(ends[0], NULL, server, NULL, 4, 0) != 4) return 2;
  if (splice(client, NULL, ends[1], NULL, 4, 0) != 4) return 3;
  if (read(ends[0], got, 4) != 4) return 4;
  const int file = open(self, O_RDONLY);
  off_t start = 0;
  if (sendfile(server, file, &start, 4) != 4) return 5;
  struct iovec part = {got, 4};
  return preadv2(client, &part, 1, -1, 0) == 4 ? 0 : 6;
}

static int Options(void) {
  const int fd = Listener(1);
  int value = -1;
  socklen_t size = sizeof value;
  getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size);
  return value == 1 ? 0 : 1;
}

// The set is empty when the thread begins to wait.
static int epoll_fd;
static void* WaitInEpoll(void* unused) {
  struct epoll_event event;
  epoll_wait(epoll_fd, &event, 1, -1);
  return unused;
}
static int EpollLater(void) {
  pthread_t thread;
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  close(socket(AF_INET, SOCK_STREAM, 0));
  pthread_create(&thread, NULL, WaitInEpoll, NULL);
  struct epoll_event event = {.events = EPOLLIN};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, Listener(1), &event);
  pthread_join(thread, NULL);
  return 0;
}

static void* Stay(void* unused) {
  pause();
  return unused;
}

static int ThreadAfterThread(void) {
  for (int i = 0; i < 60; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, Stay, NULL) != 0) return 1;
  }
  Stay(NULL);
  return 0;
}

static int ForkAfterFork(void) {
  while (1) {
    if (fork() == 0) return pause();
  }
}

static int IoUring(void) {
  char parameters[256] = {0};
  return syscall(SYS_io_uring_setup, 4, parameters) == -1 && errno == ENOSYS ? 0 : 1;
}

int main(int argc, char** argv) {
  static const struct Mode modes[] = {
      {"seven", Seven},
      {"spawn", Spawn},
      {"vfork", Vfork},
      {"double-fork", DoubleFork},
      {"exec-from-thread", ExecFromThread},
      {"pipeline", Pipeline},
      {"inherited", Inherited},
      {"pass-listener", PassListener},
      {"take-listener", TakeListener},
      {"copies", Copies},
      {"copies-at-exec", CopiesAtExec},
      {"messages", Messages},
      {"splices", Splices},
      {"options", Options},
      {"epoll-later", EpollLater},
      {"thread-after-thread", ThreadAfterThread},
      {"fork-after-fork", ForkAfterFork},
      {"io-uring", IoUring},
  };
  return RunMode(argc, argv, modes, sizeof modes / sizeof modes[0]);
}
