// A client's conversation in an event loop: as in conversation.h, but in steps that never block.
#pragma once

#include <memory>
#include <string>

#include "reference/server.h"

namespace sockspec::reference {

class Session {
 public:
  // `connection` does not block; it stays the caller's.
  Session(int connection, const Server& server);

  // What to wait for: POLLIN, POLLOUT or both.
  short Events() const;
  // Goes on as far as it gets without waiting. `events` has happened; 0 to begin.
  void Step(short events);
  // The program is asked to end: what has been answered is still sent.
  void Stop();
  // All is said, or the client is lost: close.
  bool Over() const { return over_; }

 private:
  void Read();
  void Write();

  const int connection_;
  const std::size_t input_size_;
  const std::unique_ptr<Service> service_;
  std::string unsent_;
  bool speaking_ = false;  // it has more to say of its own accord
  bool stopping_ = false;
  bool over_ = false;
};

}  // namespace sockspec::reference
