// A program for tracer_faults_test: each mode makes calls that a fault is aimed at, and says by its
// exit status (0: all as it should be) and its output what it saw.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/launch/traced_socket.h"

// A connection with itself: the accepted end is returned in *server.
static int Connected(int* server) { return ConnectTo(Listener(5), server); }

// Ten bytes go through one call of the family, by two vectors of five where it has any. Prints what
// the call returned, what arrived, and the vectors' lengths after it.
struct Message {
  char text[11];
  struct iovec parts[2];
  struct mmsghdr header;
};

static void Prepare(struct Message* message, const char* text) {
  memset(message, 0, sizeof *message);
  strcpy(message->text, text);
  for (int i = 0; i < 2; ++i) {
    message->parts[i].iov_base = message->text + 5 * i;
    message->parts[i].iov_len = 5;
  }
  message->header.msg_hdr.msg_iov = message->parts;
  message->header.msg_hdr.msg_iovlen = 2;
}

static void Report(long result, const char* arrived, const struct Message* message) {
  printf("%ld %s %zu,%zu\n", result, arrived, message->parts[0].iov_len, message->parts[1].iov_len);
}

static int Sends(const char* call) {
  int server = -1;
  const int client = Connected(&server);
  struct Message message;
  Prepare(&message, "0123456789");
  long n = -1;
  if (strcmp(call, "write") == 0) n = write(server, message.text, 10);
  if (strcmp(call, "send") == 0) n = send(server, message.text, 10, 0);
  if (strcmp(call, "writev") == 0) n = writev(server, message.parts, 2);
  if (strcmp(call, "sendmsg") == 0) n = sendmsg(server, &message.header.msg_hdr, 0);
  if (strcmp(call, "sendmmsg") == 0 && sendmmsg(server, &message.header, 1, 0) == 1) {
    n = message.header.msg_len;
  }
  if (strcmp(call, "sendfile") == 0) {
    FILE* file = tmpfile();
    fputs(message.text, file);
    fflush(file);
    off_t from = 0;
    n = sendfile(server, fileno(file), &from, 10);
  }
  shutdown(server, SHUT_WR);
  char arrived[32] = "";
  if (recv(client, arrived, sizeof arrived - 1, MSG_WAITALL) < 0) return 1;
  Report(n, arrived, &message);
  return 0;
}

static int Receives(const char* call) {
  int server = -1;
  const int client = Connected(&server);
  if (send(client, "0123456789", 10, 0) != 10) return 1;
  struct Message message;
  Prepare(&message, "");
  long n = -1;
  if (strcmp(call, "read") == 0) n = read(server, message.text, 10);
  if (strcmp(call, "recv") == 0) n = recv(server, message.text, 10, 0);
  if (strcmp(call, "readv") == 0) n = readv(server, message.parts, 2);
  if (strcmp(call, "recvmsg") == 0) n = recvmsg(server, &message.header.msg_hdr, 0);
  if (strcmp(call, "recvmmsg") == 0 && recvmmsg(server, &message.header, 1, 0, NULL) == 1) {
    n = message.header.msg_len;
  }
  Report(n, message.text, &message);
  return 0;
}

// What a write returned, by code that relies on the kernel's keeping the argument registers.
static int KeepsRegisters(void) {
  int server = -1;
  Connected(&server);
#ifdef __x86_64__
  long result = 1;  // __NR_write
  unsigned long count = 10;
  const char* text = "0123456789";
  int fd = server;
  __asm__ volatile("syscall"
                   : "+a"(result), "+d"(count)
                   : "D"((long)fd), "S"(text)
                   : "rcx", "r11", "memory");
  return result == 3 && count == 10 ? 0 : 1;
#else
  return write(server, "0123456789", 10) == 3 ? 0 : 1;
#endif
}

static int InterruptedClose(void) {
  int server = -1;
  Connected(&server);
  if (close(server) != -1 || errno != EINTR) return 1;
  return fcntl(server, F_GETFD) == -1 && errno == EBADF ? 0 : 2;
}

static void Handler(int signal) { (void)signal; }

static int Signalled(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = Handler;
  sigaction(SIGUSR1, &action, NULL);
  int server = -1;
  Connected(&server);
  char byte;
  return recv(server, &byte, 1, 0) == -1 && errno == EINTR ? 0 : 1;  // nothing ever comes
}

static int HeldSend(void) {
  int server = -1;
  const int client = Connected(&server);
  if (send(server, "late", 4, 0) != 4) return 1;
  char text[4];
  return recv(client, text, 4, MSG_DONTWAIT) == 4 ? 0 : 2;
}

static int number = 1;
static void* Store(void* to) {
  *(int*)to = number;
  return NULL;
}

// A thread and a child, each of which would see the value that stands there when it begins.
static int Tasks(void) {
  close(Listener(5));
  int seen = 0;
  pthread_t thread;
  if (pthread_create(&thread, NULL, Store, &seen) != 0) return 1;
  number = 2;
  pthread_join(thread, NULL);
  const pid_t child = fork();
  if (child == 0) _exit(7);
  int status = 0;
  waitpid(child, &status, 0);
  return seen == 2 && WEXITSTATUS(status) == 7 ? 0 : 2;
}

static int Forks(void) {
  close(Listener(5));
  pthread_t thread;
  int seen = 0;
  if (pthread_create(&thread, NULL, Store, &seen) != 0) return 1;  // no process
  pthread_join(thread, NULL);
  if (fork() != -1 || errno != EAGAIN) return 2;
  const pid_t child = fork();
  if (child == 0) _exit(0);
  return child > 0 && waitpid(child, NULL, 0) == child ? 0 : 3;
}

static int Polls(void) {
  int ends[2];
  struct pollfd other = {pipe(ends) == 0 ? ends[0] : -1, POLLIN, 0};
  struct pollfd entry = {Listener(5), POLLIN, 0};
  if (poll(&other, 1, 0) != 0) return 1;  // no socket
  if (poll(&entry, 1, -1) != -1 || errno != EINTR) return 2;
  return poll(&entry, 1, 0) == 0 ? 0 : 3;
}

static int NoIpv6(void) {
  if (socket(AF_INET6, SOCK_STREAM, 0) != -1 || errno != EAFNOSUPPORT) return 1;
  if (socket(AF_INET6, SOCK_DGRAM, 0) != -1 || errno != EAFNOSUPPORT) return 2;
  return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 0 : 3;
}

// EAGAIN is aimed at both receives; only the one that does not block may get it.
static int Again(void) {
  int server = -1;
  const int client = Connected(&server);
  if (send(client, "ab", 2, 0) != 2) return 1;
  char byte;
  if (recv(server, &byte, 1, 0) != 1) return 2;
  fcntl(server, F_SETFL, O_NONBLOCK);
  return recv(server, &byte, 1, 0) == -1 && errno == EAGAIN ? 0 : 3;
}

// The fault is meant for the child's calls.
static int ChildSends(void) {
  int server = -1;
  Connected(&server);
  if (send(server, "a", 1, 0) != 1) return 1;
  const pid_t child = fork();
  if (child == 0) _exit(send(server, "b", 1, 0) == -1 ? errno : 0);
  int status = 0;
  waitpid(child, &status, 0);
  return WEXITSTATUS(status) == ENOBUFS ? 0 : 2;
}

int main(int argc, char** argv) {
  static const struct Mode modes[] = {
      {"keeps-registers", KeepsRegisters},
      {"interrupted-close", InterruptedClose},
      {"signalled", Signalled},
      {"held-send", HeldSend},
      {"tasks", Tasks},
      {"forks", Forks},
      {"polls", Polls},
      {"no-ipv6", NoIpv6},
      {"again", Again},
      {"child-sends", ChildSends},
  };
  if (argc == 2 && strncmp(argv[1], "by-", 3) == 0) return Sends(argv[1] + 3);
  if (argc == 2 && strncmp(argv[1], "from-", 5) == 0) return Receives(argv[1] + 5);
  return RunMode(argc, argv, modes, sizeof modes / sizeof modes[0]);
}
