// accept, start a thread; it writes and closes while the first one accepts the next client.
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "reference/accepting.h"
#include "reference/connection.h"
#include "reference/conversation.h"
#include "reference/datagram.h"
#include "reference/models.h"

namespace sockspec::reference {
namespace {

// Detached threads, counted: a thread that nobody joins gives back its memory at its end.
class Threads {
 public:
  // False, and reported, where no thread can be had: it costs a client but not the service.
  template <typename Task>
  bool Start(Task task) {
    Add(1);
    try {
      std::thread([this, task = std::move(task)]() mutable {
        task();
        Add(-1);
      }).detach();
      return true;
    } catch (const std::system_error& error) {
      Add(-1);
      std::fprintf(stderr, "thread: %s\n", error.what());
      return false;
    }
  }

  void Finish() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return running_ == 0; });
  }

 private:
  // Notified under the lock: once it is free, Finish() may return and this object be gone.
  void Add(int count) {
    const std::lock_guard lock(mutex_);
    running_ += count;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int running_ = 0;
};

}  // namespace

void ServeThreaded(Server server) {
  Threads threads;
  while (WaitForClient(server.socket.get(), server.endpoint, server.stop) == Arrival::kClient) {
    const int connection = Accept(server);
    if (connection < 0) {
      RecoverFromError("accept", errno, server.endpoint, server.stop);
      continue;
    }
    // By value: the variable will hold the next client by the time the thread looks.
    const bool started = threads.Start([&server, connection] {
      Converse(connection, server);
      CloseConnection(connection);
    });
    if (!started) CloseConnection(connection);
  }
  server.socket = Descriptor(-1);
  threads.Finish();
}

void AnswerThreaded(Server server) {
  Threads threads;
  while (WaitForClient(server.socket.get(), server.endpoint, server.stop) == Arrival::kClient) {
    std::optional<Request> request = ReceiveRequest(server);
    if (!request) continue;
    threads.Start(
        [&server, request = std::move(*request)]() mutable { Answer(server, std::move(request)); });
  }
  threads.Finish();
}

}  // namespace sockspec::reference
