// The engine behind Scenario: the harness's own connections.
#include <fmt/format.h>
#include <sys/socket.h>

#include <cstdlib>
#include <utility>

#include "harness/base/error.h"
#include "harness/kernel/remote_socket.h"
#include "harness/testbed/testbed.h"

namespace sockspec {
namespace {

// Clients under test find room in the queue, however many a scenario launches.
constexpr int kOwnBacklog = 64;

int PortOf(const std::string& printed) {
  const std::size_t colon = printed.rfind(':');
  return colon == std::string::npos ? 0 : std::atoi(printed.c_str() + colon + 1);
}

// The address over IPv4 that programs reach by way of IPv6.
std::string Unmapped(const std::string& printed) {
  constexpr std::string_view kMapped = "[::ffff:";
  std::string plain = printed;
  const std::size_t end = plain.rfind(']');
  if (!plain.starts_with(kMapped) || end == std::string::npos) return plain;
  plain.erase(end, 1);
  return plain.erase(0, kMapped.size());
}

}  // namespace

SocketAddress Testbed::ServerAddress(const std::string& address) const {
  if (IsUnix(subject_.transport)) {
    return MakeAddress(subject_.transport, now_path_.empty() ? subject_.path : now_path_);
  }
  const bool v6 = address.find(':') != std::string::npos;
  return MakeAddress(v6 ? Transport::kTcp6 : Transport::kTcp4, address,
                     now_port_ != 0 ? now_port_ : subject_.port);
}

int Testbed::AddPeer(StreamPeer peer) {
  const int number = next_connection_++;
  peers_.emplace(number, PeerRecord{.peer = std::move(peer), .run = run_});
  return number;
}

int Testbed::ConnectionOf(pid_t pid, int fd, const std::string& peer) {
  if (subject_.role == Role::kClient) {
    // The n-th connect() to our listener is the n-th session that we accept. A name may have
    // further addresses, where nobody listens on that port.
    const bool ours =
        listener_.has_value() &&
        (IsUnix(subject_.transport) ? peer == now_path_ : Unmapped(peer) == listening_at_);
    return ours ? client_connects_++ : -1;
  }
  if (IsUnix(subject_.transport)) {
    if (waiting_unix_.empty()) return -1;
    const int number = waiting_unix_.front();
    waiting_unix_.erase(waiting_unix_.begin());
    return number;
  }
  int port = PortOf(peer);
  if (port == 0) {
    // The program did not ask who called: ask the kernel through its descriptor.
    const auto copy = DuplicateFrom(pid, fd);
    if (copy.has_value()) port = PortOf(PeerAddressOf(copy->get()));
  }
  const auto found = connection_by_port_.find(port);
  return found == connection_by_port_.end() ? -1 : found->second;
}

int Testbed::Connect(const ConnectOptions& options) {
  if (UsesDatagrams()) {
    const int number =
        OpenDatagram({.address = options.address, .local_address = options.local_address});
    SendDatagram(number, number, kRequest);
    return number;
  }
  const SocketAddress remote =
      ServerAddress(options.address.empty() ? subject_.address : options.address);
  PeerOptions peer_options{SocketType(subject_.transport), options.receive_buffer,
                           options.local_address};
  const int number = next_connection_;
  Record({.kind = EventKind::kConnecting, .connection = number, .address = PrintAddress(remote)});
  // A connection over UNIX may be accepted before connect() has returned here.
  if (IsUnix(subject_.transport)) waiting_unix_.push_back(number);
  AddPeer(StreamPeer::Connect(remote, peer_options));
  FinishConnect(number, options.wait);
  return number;
}

void Testbed::FinishConnect(int number, bool wait) {
  PeerRecord& record = peers_.at(number);
  if (record.was_connected || record.peer.state() == PeerState::kClosed) return;
  const auto decided = [&] {
    peers_.at(number).peer.ContinueConnect();
    if (peers_.at(number).peer.state() != PeerState::kConnecting) return true;
    // Room in a UNIX queue comes with an accept() of the program's, which is seen by itself.
    if (!peers_.at(number).peer.WaitsForRoom()) loop_.WakeOnce(peers_.at(number).peer.fd(), true);
    return false;
  };
  // The kernel goes on trying by itself: that the program sleeps does not end the wait, unless it
  // leaves a full queue as it is.
  const auto expected = [&] { return !peers_.at(number).peer.WaitsForRoom() && !QueueIsFull(); };
  if (!decided() && wait &&
      Wait(decided, Patience::kUntilAnswered, expected) != Waited::kHappened) {
    record.peer.GiveUpWaiting();
  }
  const StreamPeer& peer = record.peer;
  if (peer.state() == PeerState::kConnecting || record.end_seen) return;
  loop_.Forget(peer.fd());
  if (peer.state() == PeerState::kFailed) {
    record.end_seen = true;
    std::erase(waiting_unix_, number);
    Record({.kind = EventKind::kConnectFailed,
            .connection = number,
            .error = peer.error(),
            .address = peer.remote()});
    return;
  }
  record.was_connected = true;
  connection_by_port_[PortOf(peer.local())] = number;
  Record({.kind = EventKind::kConnected,
          .connection = number,
          .address = peer.remote(),
          .local_address = peer.local()});
}

bool Testbed::QueueIsFull() {
  if (!IsTcp(subject_.transport)) return false;
  for (const InetSocket& listener : sockets_.TcpListeners()) {
    if (listener.local_port == now_port_ && listener.row.send_queue >= 0 &&
        listener.row.receive_queue > listener.row.send_queue) {
      return true;
    }
  }
  return false;
}

void Testbed::Listen(const ListenOptions& options) {
  now_path_ = options.path.empty() ? subject_.path : options.path;
  const std::string address = options.address.empty() ? subject_.address : options.address;
  if (IsRaw(subject_.transport)) {
    ListenForPackets();
    return Step(fmt::format("is the host {}", address));
  }
  if (UsesDatagrams()) {
    ListenForDatagrams(ServerAddress(address));
  } else {
    listening_at_ = PrintAddress(ServerAddress(address));
    // A queue of length 0 takes one connection.
    listener_.emplace(ServerAddress(address), options.full_queue ? 0 : kOwnBacklog, false,
                      SocketType(subject_.transport));
    if (options.full_queue) {
      in_queue_ =
          StreamPeer::Connect(ServerAddress(address), {.type = SocketType(subject_.transport)});
    }
  }
  Step(fmt::format(
      "listens on {}{}",
      IsUnix(subject_.transport) ? now_path_ : fmt::format("{} port {}", address, subject_.port),
      options.full_queue ? ", with a full queue" : ""));
}

void Testbed::OccupyEndpoint(Sharing sharing) {
  const SocketAddress address = ServerAddress(subject_.address);
  if (UsesDatagrams()) {
    ListenForDatagrams(address);
  } else {
    listener_.emplace(address, kOwnBacklog, sharing == Sharing::kReusePort,
                      SocketType(subject_.transport));
  }
  Step("the harness itself holds the endpoint");
}

bool Testbed::HasPendingConnection() const {
  return !waiting_sessions_.empty() || (listener_.has_value() && listener_->HasPending());
}

int Testbed::Accept() {
  if (UsesDatagrams()) return AcceptDatagram();
  const int number = AddPeer(StreamPeer::Accepted(OwnedFd()));
  if (!listener_.has_value()) return number;
  const auto connected = [&] {
    auto peer = listener_->AcceptOne();
    if (!peer.has_value()) {
      loop_.WakeOnce(listener_->fd(), false);
      return false;
    }
    peers_.at(number).peer = std::move(*peer);
    return true;
  };
  const Waited waited = Wait(connected, Patience::kUntilServing);
  loop_.Forget(listener_->fd());
  if (waited != Waited::kHappened) {
    RecordRest(waited);
    peers_.at(number).end_seen = true;
    peers_.at(number).peer.Close();
    return number;
  }
  peers_.at(number).was_connected = true;
  Record({.kind = EventKind::kAccepted,
          .connection = number,
          .address = peers_.at(number).peer.remote(),
          .local_address = peers_.at(number).peer.local()});
  return number;
}

void Testbed::RecordEnd(int number) {
  PeerRecord& record = peers_.at(number);
  if (record.end_seen) return;
  const PeerState state = record.peer.state();
  if (state != PeerState::kFin && state != PeerState::kReset) return;
  record.end_seen = true;
  record.fin_seen = state == PeerState::kFin;
  Record({.kind = state == PeerState::kFin ? EventKind::kGotFin : EventKind::kGotReset,
          .connection = number,
          .error = record.peer.error()});
}

bool Testbed::Connected(int number) const {
  return datagrams_.contains(number) || peers_.at(number).was_connected;
}

const std::string& Testbed::Received(int number) const {
  const auto found = datagrams_.find(number);
  return found != datagrams_.end() ? found->second.received : peers_.at(number).received;
}

bool Testbed::Ended(int number) const {
  if (datagrams_.contains(number)) return datagrams_.at(number).closed;
  const PeerState state = peers_.at(number).peer.state();
  return state != PeerState::kConnected && state != PeerState::kConnecting;
}

void Testbed::HalfClose(int number) {
  if (datagrams_.contains(number)) return;  // nothing says that no more will come
  FinishConnect(number, true);
  if (!peers_.at(number).was_connected || peers_.at(number).peer.fd() < 0) return;
  peers_.at(number).peer.HalfClose();
  Record({.kind = EventKind::kHalfClosed, .connection = number});
}

void Testbed::Close(int number) {
  if (datagrams_.contains(number)) return CloseDatagram(number);
  FinishConnect(number, false);
  if (peers_.at(number).peer.fd() < 0) return;
  loop_.Forget(peers_.at(number).peer.fd());
  peers_.at(number).peer.Close();
  Record({.kind = EventKind::kClosed, .connection = number});
}

void Testbed::Abort(int number) {
  if (datagrams_.contains(number)) return CloseDatagram(number);
  FinishConnect(number, false);
  if (peers_.at(number).peer.fd() < 0) return;
  loop_.Forget(peers_.at(number).peer.fd());
  peers_.at(number).peer.Abort();
  Record({.kind = EventKind::kAborted, .connection = number});
}

}  // namespace sockspec
