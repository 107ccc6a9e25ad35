// The harness's end of one connection.
#include "harness/peer/stream_peer.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "harness/base/error.h"

namespace sockspec {
namespace {

constexpr std::size_t kChunk = 65536;
// A record may fill the sender's buffer (net.core.wmem_max, some 200 KiB); the rest would be lost.
constexpr std::size_t kLargestRecord = 1 << 18;

bool WouldBlock(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

std::string PrintName(int fd, decltype(&getsockname) get) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (get(fd, reinterpret_cast<sockaddr*>(&storage), &size) == -1) return "";
  return PrintAddress(reinterpret_cast<const sockaddr*>(&storage), size);
}

}  // namespace

StreamPeer StreamPeer::Connect(const SocketAddress& remote, const PeerOptions& options) {
  StreamPeer peer;
  const int family = remote.get()->sa_family;
  peer.type_ = options.type;
  peer.fd_ = OwnedFd(CheckCall(socket(family, options.type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                               "socket({}, {})", family, options.type));
  if (options.receive_buffer > 0) {
    CheckCall(setsockopt(peer.fd(), SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof(int)),
              "setsockopt(SO_RCVBUF, {})", options.receive_buffer);
  }
  if (!options.local_address.empty()) {
    const Transport transport = family == AF_UNIX    ? Transport::kUnixStream
                                : family == AF_INET6 ? Transport::kTcp6
                                                     : Transport::kTcp4;
    const SocketAddress local = MakeAddress(transport, options.local_address);
    CheckCall(bind(peer.fd(), local.get(), local.length), "bind({})", options.local_address);
  }
  peer.remote_ = PrintAddress(remote.get(), remote.length);
  peer.TryConnect(remote);
  return peer;
}

void StreamPeer::TryConnect(const SocketAddress& remote) {
  if (connect(fd(), remote.get(), remote.length) == 0) {
    state_ = PeerState::kConnected;
    local_ = PrintName(fd(), &getsockname);
  } else if (errno == EAGAIN && remote.get()->sa_family == AF_UNIX) {
    full_queue_ = remote;
  } else if (errno != EINPROGRESS) {
    Fail(errno);
  }
}

void StreamPeer::GiveUpWaiting() {
  if (WaitsForRoom()) Fail(EAGAIN);
}

StreamPeer StreamPeer::Accepted(OwnedFd fd, int type) {
  StreamPeer peer;
  peer.type_ = type;
  peer.fd_ = std::move(fd);
  peer.state_ = PeerState::kConnected;
  peer.local_ = PrintName(peer.fd(), &getsockname);
  peer.remote_ = PrintName(peer.fd(), &getpeername);
  return peer;
}

void StreamPeer::Fail(int error) {
  state_ = PeerState::kFailed;
  error_ = error;
}

void StreamPeer::ContinueConnect() {
  if (state_ != PeerState::kConnecting) return;
  if (full_queue_.has_value()) {
    const SocketAddress remote = *full_queue_;
    return TryConnect(remote);
  }
  pollfd entry{fd(), POLLOUT, 0};
  if (poll(&entry, 1, 0) <= 0) return;
  int error = 0;
  socklen_t size = sizeof error;
  CheckCall(getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size), "getsockopt(SO_ERROR)");
  if (error != 0) return Fail(error);
  state_ = PeerState::kConnected;
  local_ = PrintName(fd(), &getsockname);
}

bool StreamPeer::StreamHasEnded() const {
  if (type_ == SOCK_STREAM) return true;
  // recv() gives 0 for a record without bytes, too. After such a one the queue tells the two apart.
  int unread = 0;
  CheckCall(ioctl(fd(), FIONREAD, &unread), "ioctl(FIONREAD)");
  pollfd entry{fd(), POLLRDHUP, 0};
  return unread == 0 && poll(&entry, 1, 0) > 0 && (entry.revents & (POLLRDHUP | POLLHUP)) != 0;
}

std::optional<std::string> StreamPeer::ReadSome(std::size_t most) {
  if (state_ != PeerState::kConnected) return std::nullopt;
  static char buffer[kLargestRecord];  // one for all: nothing here is called from two threads
  const std::size_t room = type_ == SOCK_STREAM ? std::min(most, kChunk) : sizeof buffer;
  const ssize_t n = recv(fd(), buffer, room, 0);
  if (n > 0) return std::string(buffer, static_cast<std::size_t>(n));
  if (n == 0) {
    if (!StreamHasEnded()) return "";
    state_ = PeerState::kFin;
  } else if (!WouldBlock(errno) && errno != EINTR) {
    state_ = PeerState::kReset;
    error_ = errno;
  }
  return std::nullopt;
}

std::size_t StreamPeer::SendSome(std::string_view bytes) { return SendWith(bytes, 0); }

std::size_t StreamPeer::SendUrgent(std::string_view bytes) { return SendWith(bytes, MSG_OOB); }

std::size_t StreamPeer::SendWith(std::string_view bytes, int flags) {
  // After the other end's FIN sending is still allowed; that is how a reset can be provoked.
  if (state_ != PeerState::kConnected && state_ != PeerState::kFin) return 0;
  const ssize_t n = send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | flags);
  if (n >= 0) return static_cast<std::size_t>(n);
  if (!WouldBlock(errno) && errno != EINTR) {
    state_ = PeerState::kReset;
    error_ = errno;
  }
  return 0;
}

void StreamPeer::HalfClose() {
  // ENOTCONN: the other end's reset came first, and is seen by the next read.
  if (shutdown(fd(), SHUT_WR) == -1 && errno != ENOTCONN) CheckCall(-1, "shutdown(SHUT_WR)");
}

void StreamPeer::Close() {
  fd_.Reset();
  if (state_ != PeerState::kFailed) state_ = PeerState::kClosed;
}

void StreamPeer::Abort() {
  if (fd_.empty()) return;
  const linger now{1, 0};
  CheckCall(setsockopt(fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now), "setsockopt(SO_LINGER)");
  Close();
}

}  // namespace sockspec
