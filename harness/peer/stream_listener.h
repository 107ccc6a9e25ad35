// The harness's listening socket: for clients under test, and to occupy an endpoint.
#pragma once

#include <optional>
#include <string>

#include "harness/base/owned_fd.h"
#include "harness/base/socket_address.h"
#include "harness/peer/stream_peer.h"

namespace sockspec {

class StreamListener {
 public:
  // Binds and listens. Throws std::system_error: the endpoint is the harness's own to have.
  // For UNIX sockets the path is removed by the destructor.
  StreamListener(const SocketAddress& address, int backlog);
  StreamListener(StreamListener&&) = default;
  ~StreamListener();

  int fd() const { return fd_.get(); }
  // A connection that is waiting now.
  std::optional<StreamPeer> AcceptOne();
  bool HasPending() const;

 private:
  OwnedFd fd_;
  std::string path_;
};

}  // namespace sockspec
