// What the traced programs share.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static inline int Listener(int backlog) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr*)&address, sizeof address) != 0) exit(10);
  if (listen(fd, backlog) != 0) exit(11);
  return fd;
}

// Connects to `listener`; the accepted end is returned in *server.
static inline int ConnectTo(int listener, int* server) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  getsockname(listener, (struct sockaddr*)&address, &size);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(client, (struct sockaddr*)&address, size) != 0) exit(12);
  *server = accept(listener, NULL, NULL);
  return client;
}

// Runs the mode that is named on the command line; an exit status.
struct Mode {
  const char* name;
  int (*run)(void);
};
static inline int RunMode(int argc, char** argv, const struct Mode* modes, size_t count) {
  for (size_t i = 0; argc == 2 && i < count; ++i) {
    if (strcmp(argv[1], modes[i].name) == 0) return modes[i].run();
  }
  return 64;
}
