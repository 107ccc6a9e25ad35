// read or write, whichever the connection is ready for.
#include "reference/session.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "reference/conversation.h"

namespace sockspec::reference {

Session::Session(int connection, const Server& server)
    : connection_(connection),
      input_size_(InputSize(server.endpoint)),
      service_(server.make_service()) {}

short Session::Events() const {
  // While output waits nothing is read: a client that does not read cannot fill our memory.
  if (!unsent_.empty()) return POLLOUT;
  return speaking_ ? POLLIN | POLLOUT : POLLIN;
}

void Session::Step(short events) {
  if ((events & ~POLLOUT) != 0 && unsent_.empty()) Read();
  if (!over_) Write();
}

void Session::Stop() {
  stopping_ = true;
  // What never ends cannot be finished.
  if (speaking_) unsent_.clear();
  if (unsent_.empty()) over_ = true;
}

void Session::Read() {
  // One buffer for all: the loop serves one client at a time.
  static std::string buffer;
  if (buffer.size() < input_size_) buffer.resize(input_size_);
  const ssize_t count = read(connection_, buffer.data(), input_size_);
  if (count > 0) {
    unsent_ = service_->Reply({buffer.data(), static_cast<std::size_t>(count)});
  } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
    over_ = true;
  }
}

void Session::Write() {
  if (unsent_.empty() && !service_->Finished()) {
    unsent_ = service_->Speak();
    speaking_ = !unsent_.empty() && !service_->Finished();
  }
  while (!unsent_.empty()) {
    const ssize_t count = write(connection_, unsent_.data(), unsent_.size());
    if (count >= 0) {
      unsent_.erase(0, static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR) {
      over_ = true;
      return;
    }
  }
  if (stopping_ || service_->Finished()) over_ = true;
}

}  // namespace sockspec::reference
