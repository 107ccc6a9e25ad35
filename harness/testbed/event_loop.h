// The one event loop of a worker: stops of the program, sockets, pipes and the watchdog, in one
// order.
//
// Nothing here sleeps for a time of its own choosing. RunUntil asks `look` what to do: the answer
// kAgain means that something is certain to happen at once (a thread is falling asleep), so that
// the loop yields the processor and looks again; kWait blocks until an event.
#pragma once

#include <functional>
#include <memory>

namespace sockspec {

enum class Look { kDone, kAgain, kWait };

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Called whenever children of this process have stopped or ended (SIGCHLD).
  void OnChildren(std::function<void()> handler);
  // Calls `handler` each time `fd` has something to read (or has ended), until Forget(fd). The
  // caller keeps owning the descriptor.
  void OnReadable(int fd, std::function<void()> handler);
  void Forget(int fd);
  // Wakes kWait once when `fd` becomes readable or writable; for a wait that looks for itself.
  void WakeOnce(int fd, bool writable);

  // Runs until look() says kDone. False when `watchdog_seconds` have passed before.
  bool RunUntil(const std::function<Look()>& look, double watchdog_seconds);
  // Handles what is there now. True if there was anything.
  bool HandlePending();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sockspec
