// The server models by name: how several clients are served. Each is one small file.
#pragma once

#include <string>

#include "reference/server.h"

namespace sockspec::reference {

// Serves until the program is asked to end; then closes the socket and finishes what is under way.
// Throws Failure.
using ServeFunction = void (*)(Server server);

struct Model {
  const char* name;
  ServeFunction serve_connections;
  ServeFunction answer_datagrams;
};

// Throws UsageError for an unknown name.
const Model& FindModel(const std::string& name);

// One client after the other.
void ServeIteratively(Server server);
void AnswerIteratively(Server server);

// A child process for each client, for each datagram.
void ServeForking(Server server);
void AnswerForking(Server server);

// A thread for each client, for each datagram.
void ServeThreaded(Server server);
void AnswerThreaded(Server server);

// One loop for all clients, woken by poll() or by epoll_wait(). For datagrams there is one socket
// to wait for, and poll() is what the iterative server waits with.
void ServeByPoll(Server server);
void ServeByEpoll(Server server);
void AnswerByEpoll(Server server);

}  // namespace sockspec::reference
