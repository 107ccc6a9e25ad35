// accept, read, write, close, each when its time has come.
#include "reference/clients.h"

#include <cerrno>

#include "reference/connection.h"

namespace sockspec::reference {

int Clients::Accept() {
  const int connection = reference::Accept(server_, SOCK_NONBLOCK);
  if (connection < 0) {
    if (!IsPassing("accept", errno, server_.endpoint)) rest_.Begin();
    return -1;
  }
  sessions_.try_emplace(connection, connection, server_);
  Step(connection, 0);
  return sessions_.contains(connection) ? connection : -1;
}

void Clients::Step(int connection, short events) {
  Session& session = sessions_.at(connection);
  session.Step(events);
  if (session.Over()) Drop(connection);
}

void Clients::Drop(int connection) {
  sessions_.erase(connection);
  CloseConnection(connection);
}

void Clients::Stop() {
  stopping_ = true;
  server_.socket = Descriptor(-1);
  for (auto& [connection, session] : sessions_) {
    session.Stop();
    if (session.Over()) CloseConnection(connection);
  }
  std::erase_if(sessions_, [](const auto& entry) { return entry.second.Over(); });
}

}  // namespace sockspec::reference
