// The harness's end of one connection, with exact control over how it begins and ends: of a stream,
// or of records (SOCK_SEQPACKET), whose bounds are kept.
//
// Nothing here waits: every call does what can be done now and says what happened. Whoever waits
// does so on fd(), in an event loop.
#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

#include "harness/base/owned_fd.h"
#include "harness/base/socket_address.h"

namespace sockspec {

enum class PeerState {
  kConnecting,
  kConnected,
  kFailed,  // connect() failed: error()
  kFin,     // the other end's FIN was read
  kReset,   // ECONNRESET or EPIPE: error()
  kClosed   // this end is closed
};

struct PeerOptions {
  int type = SOCK_STREAM;     // or SOCK_SEQPACKET
  int receive_buffer = 0;     // SO_RCVBUF before connect(); 0: the kernel's choice
  std::string local_address;  // numeric, or a UNIX path; "": the kernel's choice
};

class StreamPeer {
 public:
  // Begins to connect. Throws std::system_error only for the harness's own trouble (no descriptor
  // left); a refusal is kFailed.
  static StreamPeer Connect(const SocketAddress& remote, const PeerOptions& options);
  // Takes over a connection that was accepted.
  static StreamPeer Accepted(OwnedFd fd, int type = SOCK_STREAM);

  int fd() const { return fd_.get(); }
  PeerState state() const { return state_; }
  int error() const { return error_; }
  const std::string& local() const { return local_; }  // printed
  const std::string& remote() const { return remote_; }

  // Goes on connecting; state() tells.
  void ContinueConnect();
  // Over UNIX only: the listener's queue is full. A blocking connect() would sleep until there is
  // room; fd() does not tell when, so ContinueConnect() simply tries again.
  bool WaitsForRoom() const { return state_ == PeerState::kConnecting && full_queue_.has_value(); }
  void GiveUpWaiting();  // for room: fails with EAGAIN
  // Reads what is there, at most `most` bytes; one whole record where there are records. nullopt
  // when nothing is there now or the stream has ended; "" is a record without bytes.
  std::optional<std::string> ReadSome(std::size_t most);
  // Sends what the buffer takes now; returns how many bytes. A record is sent as a whole or not.
  std::size_t SendSome(std::string_view bytes);
  // The last byte is urgent (MSG_OOB). Returns how many bytes went out.
  std::size_t SendUrgent(std::string_view bytes);
  void HalfClose();
  void Close();
  void Abort();

 private:
  StreamPeer() = default;
  void Fail(int error);
  std::size_t SendWith(std::string_view bytes, int flags);
  bool StreamHasEnded() const;
  void TryConnect(const SocketAddress& remote);
  OwnedFd fd_;
  int type_ = SOCK_STREAM;
  PeerState state_ = PeerState::kConnecting;
  int error_ = 0;
  std::string local_, remote_;
  std::optional<SocketAddress> full_queue_;  // whose queue had no room
};

}  // namespace sockspec
