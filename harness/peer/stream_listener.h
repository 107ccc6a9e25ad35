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
  // With `reuse_port` others of the same user may bind to the port as well (SO_REUSEPORT).
  // `type`: SOCK_STREAM or SOCK_SEQPACKET.
  StreamListener(const SocketAddress& address, int backlog, bool reuse_port = false,
                 int type = SOCK_STREAM);
  StreamListener(StreamListener&&) = default;
  ~StreamListener();

  int fd() const { return fd_.get(); }
  // A connection that is waiting now.
  std::optional<StreamPeer> AcceptOne();
  bool HasPending() const;

 private:
  OwnedFd fd_;
  int type_;
  std::string path_;
};

}  // namespace sockspec
