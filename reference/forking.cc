// accept, fork; the child writes and closes while the parent accepts the next client.
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <set>
#include <utility>

#include "reference/accepting.h"
#include "reference/connection.h"
#include "reference/conversation.h"
#include "reference/datagram.h"
#include "reference/failure.h"
#include "reference/models.h"

namespace sockspec::reference {
namespace {

// The parent's children. Who forks must wait for them, or they stay as zombies.
class Children {
 public:
  Children() : ended_(SignalDescriptor({SIGCHLD})) {}

  // As fork(); a failure is reported, and costs a client but not the service.
  pid_t Fork() {
    const pid_t child = fork();
    if (child > 0) running_.insert(child);
    if (child < 0) std::fprintf(stderr, "fork: %s\n", std::strerror(errno));
    return child;
  }

  // WaitForClient() that buries children meanwhile.
  Arrival WaitForClient(const Server& server) {
    while (true) {
      pollfd waits[] = {{server.socket.get(), POLLIN, 0},
                        {server.stop.descriptor(), POLLIN, 0},
                        {ended_.get(), POLLIN, 0}};
      if (poll(waits, 3, -1) < 0) {
        if (errno == EINTR) continue;
        throw Failure("poll", server.endpoint.name, errno);
      }
      if (waits[2].revents != 0) Bury();
      if (waits[1].revents != 0) return Arrival::kStop;
      if (waits[0].revents != 0) return Arrival::kClient;
    }
  }

  // Tells them to end too, and waits until they have.
  void Finish() {
    for (const pid_t child : running_) kill(child, SIGTERM);
    while (wait(nullptr) > 0 || errno == EINTR) {
    }
  }

 private:
  void Bury() {
    signalfd_siginfo info;
    while (read(ended_.get(), &info, sizeof info) > 0) {
    }
    // One signal may stand for several children.
    pid_t child;
    while ((child = waitpid(-1, nullptr, WNOHANG)) > 0) running_.erase(child);
  }

  Descriptor ended_;
  std::set<pid_t> running_;
};

// noexcept: an exception must not take the child into the parent's clean-up.
[[noreturn]] void ServeInChild(int connection, Server& server) noexcept {
  // Else the port would stay taken for as long as this client stays.
  server.socket = Descriptor(-1);
  Converse(connection, server);
  CloseConnection(connection);
  _exit(0);
}

[[noreturn]] void AnswerInChild(const Server& server, Request request) noexcept {
  Answer(server, std::move(request));
  _exit(0);
}

}  // namespace

void ServeForking(Server server) {
  Children children;
  while (children.WaitForClient(server) == Arrival::kClient) {
    const int connection = Accept(server);
    if (connection < 0) {
      RecoverFromError("accept", errno, server.endpoint, server.stop);
      continue;
    }
    if (children.Fork() == 0) ServeInChild(connection, server);
    // The parent's copy; the connection ends when the child has closed its own.
    close(connection);
  }
  server.socket = Descriptor(-1);
  children.Finish();
}

void AnswerForking(Server server) {
  Children children;
  while (children.WaitForClient(server) == Arrival::kClient) {
    std::optional<Request> request = ReceiveRequest(server);
    if (request && children.Fork() == 0) AnswerInChild(server, std::move(*request));
  }
  children.Finish();
}

}  // namespace sockspec::reference
