// All clients of an event loop, and its listener: what poll_loop.cc and epoll_loop.cc have in
// common.
#pragma once

#include <map>

#include "reference/accepting.h"
#include "reference/session.h"

namespace sockspec::reference {

class Clients {
 public:
  explicit Clients(Server server) : server_(std::move(server)) {}

  // accept, and write what can be said at once. The connection, or -1 if there is none, or none any
  // more. Throws Failure.
  int Accept();
  // read or write, for a client that is ready; close, when its session is over.
  void Step(int connection, short events);
  // close, whatever was left to say.
  void Drop(int connection);
  // The program is asked to end: no new clients; those who have been answered get their answer.
  void Stop();
  // Stopped, and nobody is left.
  bool Gone() const { return stopping_ && sessions_.empty(); }

  const Server& server() const { return server_; }
  const std::map<int, Session>& sessions() const { return sessions_; }  // by connection
  // For want of descriptors or memory the listener is left alone until the rest is over.
  const Rest& rest() const { return rest_; }
  bool stopping() const { return stopping_; }

 private:
  Server server_;
  std::map<int, Session> sessions_;
  Rest rest_;
  bool stopping_ = false;
};

}  // namespace sockspec::reference
