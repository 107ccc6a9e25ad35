// The engine behind Scenario: the harness's own datagram sockets.
#include <fmt/format.h>

#include <sys/socket.h>

#include <cerrno>

#include "harness/base/error.h"
#include "harness/testbed/testbed.h"

namespace sockspec {

std::string DatagramClientAddress(Transport transport) {
  return Family(transport) == AF_INET6 ? "fd00::7" : "192.0.2.7";
}

bool Testbed::UsesDatagrams() const { return SocketType(subject_.transport) == SOCK_DGRAM; }

int Testbed::AddDatagramSocket(DatagramSocket socket, const std::optional<SocketAddress>& remote) {
  const int number = next_connection_++;
  DatagramRecord& record = datagrams_[number];
  record.remote = remote;
  record.run = run_;
  record.socket.emplace(std::move(socket));
  // On the timeline as soon as it comes, whoever waits for what: one too many is seen as well.
  loop_.OnReadable(record.socket->fd(),
                   [this, number, &record] { TakeDatagrams(*record.socket, number); });
  return number;
}

int Testbed::SessionWith(const SocketAddress& remote) {
  const std::string name = PrintAddress(remote);
  for (const auto& [number, record] : datagrams_) {
    const bool session = !record.socket.has_value() && record.run == run_ && !record.closed;
    if (session && record.remote.has_value() && PrintAddress(*record.remote) == name) return number;
  }
  const int number = next_connection_++;
  datagrams_[number].run = run_;
  // Nobody can answer a sender without a name.
  if (remote.length > sizeof(sa_family_t)) datagrams_[number].remote = remote;
  waiting_sessions_.push_back(number);
  return number;
}

DatagramSocket& Testbed::SocketOf(int number) {
  DatagramRecord& record = datagrams_.at(number);
  return record.socket.has_value() ? *record.socket : datagram_server_.value();
}

std::optional<SocketAddress> Testbed::OwnDatagramAddress(Transport transport,
                                                         const DatagramOptions& options) const {
  if (IsUnix(transport)) {
    if (options.unnamed) return std::nullopt;
    const std::string path = fmt::format("{}.harness{}", subject_.path, next_connection_);
    return MakeAddress(transport, options.local_address.empty() ? path : options.local_address);
  }
  if (!options.local_address.empty()) {
    const bool v6 = options.local_address.find(':') != std::string::npos;
    return MakeAddress(v6 ? Transport::kUdp6 : Transport::kUdp4, options.local_address,
                       options.local_port);
  }
  if (!sandbox_.isolated()) return std::nullopt;
  return MakeAddress(transport, DatagramClientAddress(transport), options.local_port);
}

int Testbed::OpenDatagram(const DatagramOptions& options) {
  const SocketAddress remote =
      ServerAddress(options.address.empty() ? subject_.address : options.address);
  Transport transport = subject_.transport;
  if (IsUdp(transport)) {
    transport = remote.storage.ss_family == AF_INET6 ? Transport::kUdp6 : Transport::kUdp4;
  }
  const int number =
      AddDatagramSocket(DatagramSocket(transport, OwnDatagramAddress(transport, options)), remote);
  const int error = options.connected ? SocketOf(number).Connect(remote) : 0;
  if (error != 0) {
    Record({.kind = EventKind::kConnectFailed,
            .connection = number,
            .error = error,
            .address = PrintAddress(remote)});
  }
  return number;
}

void Testbed::ListenForDatagrams(const SocketAddress& address) {
  if (datagram_server_.has_value()) loop_.Forget(datagram_server_->fd());
  datagram_server_.emplace(subject_.transport, address);
  loop_.OnReadable(datagram_server_->fd(),
                   [this] { TakeDatagrams(*datagram_server_, std::nullopt); });
}

int Testbed::AcceptDatagram() {
  // Looks for itself: a client's wait for an answer must not be ended before its request is seen.
  const auto asked = [&] {
    if (datagram_server_.has_value()) TakeDatagrams(*datagram_server_, std::nullopt);
    return !waiting_sessions_.empty();
  };
  RecordRest(Wait(asked, Patience::kUntilServing));
  if (waiting_sessions_.empty()) {
    const int number = AddPeer(StreamPeer::Accepted(OwnedFd()));
    peers_.at(number).end_seen = true;
    peers_.at(number).peer.Close();
    return number;
  }
  const int number = waiting_sessions_.front();
  waiting_sessions_.pop_front();
  datagrams_.at(number).arrivals.pop_front();  // it is what the wait was for
  return number;
}

void Testbed::SendDatagram(int number, int towards, std::string_view bytes) {
  if (!datagrams_.contains(number) || !datagrams_.contains(towards)) return;
  const std::optional<SocketAddress>& remote = datagrams_.at(towards).remote;
  DatagramSocket& socket = SocketOf(number);
  if (!remote.has_value() || socket.fd() < 0) return;  // the other end has no name
  int error = 0;
  const auto sent = [&] {
    error = socket.Send(bytes, *remote);
    return error != EAGAIN;
  };
  // Room in a UNIX queue comes with a receive of the program's, which is seen by itself.
  if (!sent()) RecordRest(Wait(sent, Patience::kUntilAnswered));
  flushed_at_ = -1;
  Event event{.kind = error == 0 ? EventKind::kDatagramSent : EventKind::kSendFailed,
              .connection = number,
              .error = error,
              .address = PrintAddress(*remote),
              .local_address = socket.local()};
  if (error == 0) {
    event.bytes = bytes;
    datagrams_.at(number).sent += bytes.size();
  }
  Record(std::move(event));
}

void Testbed::TakeDatagrams(DatagramSocket& socket, std::optional<int> own) {
  if (flooded_run_ == run_) return;
  while (std::optional<DatagramArrival> arrival = socket.Receive()) {
    const int number = own.has_value() ? *own : SessionWith(arrival->from);
    Event event{.kind = EventKind::kDatagramReceived,
                .connection = number,
                .address = PrintAddress(arrival->from),
                .local_address = socket.local(),
                .bytes = arrival->bytes};
    if (arrival->error != 0) {
      event.kind = EventKind::kDatagramError;
      event.error = arrival->error;
      if (arrival->from.length == 0) event.address.clear();
    }
    DatagramRecord& record = datagrams_.at(number);
    record.received += arrival->bytes;
    record.arrivals.push_back(Record(std::move(event)));
    // A server may well send back what it was sent.
    const std::size_t due = own.has_value() ? record.sent : 0;
    if (record.received.size() <= due + kFlood) continue;
    flooded_run_ = run_;
    loop_.Forget(socket.fd());
    RecordFlood(number, record.received.size());
    return;
  }
}

void Testbed::ReceiveDatagram(int number) {
  DatagramRecord& record = datagrams_.at(number);
  if (record.closed) return;
  const auto arrived = [&] {
    if (record.socket.has_value()) {
      TakeDatagrams(*record.socket, number);
    } else if (datagram_server_.has_value()) {
      TakeDatagrams(*datagram_server_, std::nullopt);
    }
    return !record.arrivals.empty();
  };
  RecordRest(Wait(arrived, Patience::kUntilAnswered));
  DrainOutput();
  if (!record.arrivals.empty()) record.arrivals.pop_front();
}

void Testbed::CloseDatagram(int number) {
  DatagramRecord& record = datagrams_.at(number);
  if (record.closed) return;
  record.closed = true;
  if (!record.socket.has_value()) return;
  TakeDatagrams(*record.socket, number);
  loop_.Forget(record.socket->fd());
  record.socket->Close();
  Record({.kind = EventKind::kClosed, .connection = number});
}

bool Testbed::BringIn() {
  // Nothing can be on its way, or nobody has sent anything since.
  if (!SendsPackets() || flushed_at_ == stops_) return false;
  flush_->Wait();
  flushed_at_ = stops_;
  return true;
}

}  // namespace sockspec
