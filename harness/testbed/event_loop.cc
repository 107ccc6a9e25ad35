// The one event loop of a worker, on Boost.Asio.
#include "harness/testbed/event_loop.h"

#include <sched.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <map>

#include "harness/base/error.h"
#include "harness/base/owned_fd.h"

namespace sockspec {

namespace asio = boost::asio;

struct EventLoop::Impl {
  // A descriptor that somebody else owns.
  struct Watch {
    Watch(asio::io_context& context, int fd) : stream(context, fd) {}
    ~Watch() { stream.release(); }
    asio::posix::stream_descriptor stream;
    std::function<void()> handler;
    bool reading = false, writing = false;
  };

  asio::io_context context{1};
  asio::steady_timer watchdog{context};
  std::map<int, std::shared_ptr<Watch>> watches;
  OwnedFd child_signals;

  void WaitReadable(int fd, const std::shared_ptr<Watch>& watch, bool again) {
    watch->reading = true;
    std::weak_ptr<Watch> weak = watch;
    watch->stream.async_wait(asio::posix::stream_descriptor::wait_read,
                             [this, fd, weak, again](const boost::system::error_code& error) {
                               auto watch = weak.lock();
                               if (error || watch == nullptr) return;
                               watch->reading = false;
                               if (watch->handler) watch->handler();
                               const auto found = watches.find(fd);
                               if (again && found != watches.end() && found->second == watch) {
                                 WaitReadable(fd, watch, true);
                               }
                             });
  }

  std::shared_ptr<Watch> Find(int fd) {
    std::shared_ptr<Watch>& watch = watches[fd];
    if (watch == nullptr) watch = std::make_shared<Watch>(context, fd);
    return watch;
  }
};

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  CheckCall(sigprocmask(SIG_BLOCK, &children, nullptr), "sigprocmask(SIGCHLD)");
  impl_->child_signals =
      OwnedFd(CheckCall(signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd(SIGCHLD)"));
  const int fd = impl_->child_signals.get();
  OnReadable(fd, [this, fd] {
    // SIGCHLDs are merged while one is pending. That the loop woke is all they say: whoever looks
    // around asks waitpid() for all that has happened.
    signalfd_siginfo info[8];
    [[maybe_unused]] const ssize_t taken = read(fd, info, sizeof info);
  });
}

EventLoop::~EventLoop() {
  impl_->watches.clear();  // before the descriptors that they watch
}

void EventLoop::OnReadable(int fd, std::function<void()> handler) {
  auto watch = impl_->Find(fd);
  watch->handler = std::move(handler);
  impl_->WaitReadable(fd, watch, true);
}

void EventLoop::Forget(int fd) { impl_->watches.erase(fd); }

void EventLoop::WakeOnce(int fd, bool writable) {
  auto watch = impl_->Find(fd);
  if (!writable) {
    if (!watch->reading) impl_->WaitReadable(fd, watch, false);
    return;
  }
  if (watch->writing) return;
  watch->writing = true;
  std::weak_ptr<Impl::Watch> weak = watch;
  watch->stream.async_wait(asio::posix::stream_descriptor::wait_write,
                           [weak](const boost::system::error_code& error) {
                             if (auto watch = weak.lock(); watch != nullptr && !error) {
                               watch->writing = false;
                             }
                           });
}

bool EventLoop::HandlePending() {
  impl_->context.restart();
  return impl_->context.poll() > 0;
}

bool EventLoop::RunUntil(const std::function<Look()>& look, double watchdog_seconds) {
  bool expired = false;
  impl_->watchdog.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(watchdog_seconds)));
  impl_->watchdog.async_wait([&](const boost::system::error_code& error) {
    if (!error) expired = true;
  });
  bool done = false;
  while (!done && !expired) {
    switch (look()) {
      case Look::kDone:
        done = true;
        break;
      case Look::kAgain:
        if (!HandlePending()) sched_yield();
        break;
      case Look::kWait:
        impl_->context.restart();
        impl_->context.run_one();
        break;
    }
  }
  impl_->watchdog.cancel();
  impl_->context.restart();
  impl_->context.poll();  // the cancelled handler names this frame
  return done;
}

}  // namespace sockspec
