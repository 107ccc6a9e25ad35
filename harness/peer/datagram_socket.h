// The harness's end of datagrams: UDP and UNIX.
//
// Nothing here waits: every call does what can be done now and says what happened. Whoever waits
// does so on fd(), in an event loop.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/base/owned_fd.h"
#include "harness/base/socket_address.h"

namespace sockspec {

// What recvmsg() brought: a datagram, or word of an error that an earlier one met (ICMP).
struct DatagramArrival {
  std::string bytes;
  SocketAddress from;  // no length: the sender has no name (UNIX). Of an error: where the datagram
                       // that met it was sent to, where the kernel says
  int error = 0;       // errno; 0: a datagram
};

class DatagramSocket {
 public:
  // Opens a socket of the transport (udp4, udp6, unix-dgram) and binds it to `local`; without one
  // the kernel names it when it first sends (UDP), or never (UNIX). Throws std::system_error: the
  // address is the harness's own to have. A UNIX path is removed by the destructor. UDP sockets
  // learn of ICMP errors though they are not connected (IP_RECVERR).
  DatagramSocket(Transport transport, const std::optional<SocketAddress>& local);
  DatagramSocket(DatagramSocket&&) = default;
  DatagramSocket& operator=(DatagramSocket&&) = delete;
  ~DatagramSocket();

  int fd() const { return fd_.get(); }
  std::string local() const;  // printed; "unnamed"

  // Takes datagrams from there alone. Returns 0 or the errno.
  int Connect(const SocketAddress& remote);
  // Returns 0 or the errno. EAGAIN: the other end's queue is full (UNIX); fd() does not tell when
  // there is room.
  int Send(std::string_view bytes, const SocketAddress& to);
  // The next one that is there now.
  std::optional<DatagramArrival> Receive();
  void Close();

 private:
  std::optional<DatagramArrival> TakeError();

  OwnedFd fd_;
  bool queues_errors_ = false;  // UDP. To others MSG_ERRQUEUE means nothing: it takes a datagram
  bool connected_ = false;
  std::string path_;  // to be removed
};

}  // namespace sockspec
