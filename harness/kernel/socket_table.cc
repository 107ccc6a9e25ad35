// The kernel's tables of sockets: sock_diag first, /proc/net where that is missing.
#include "harness/kernel/socket_table.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "harness/kernel/proc_file.h"
#include "harness/kernel/proc_net.h"
#include "harness/kernel/socket_diag.h"

namespace sockspec {
namespace {

constexpr std::uint32_t kListening = 1U << TCP_LISTEN;
// ESTABLISHED to NEW_SYN_RECV (12) without LISTEN. The bit after them stands for sockets that are
// bound alone, for which the kernel would walk one more table.
constexpr std::uint32_t kConnected = ((1U << 13) - 2) & ~kListening;

void Append(std::vector<InetSocket>& to, std::vector<InetSocket> rows) {
  to.insert(to.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
}

// Both families' tables of a protocol ("tcp", "udp"); a kernel without IPv6 has only one.
std::vector<InetSocket> ReadProcInet(int proc_fd, const std::string& protocol,
                                     const std::function<bool(const InetSocket&)>& wanted) {
  const std::string path = "thread-self/net/" + protocol;
  std::vector<InetSocket> rows;
  if (const auto table = ReadAll(proc_fd, path.c_str())) {
    Append(rows, ParseProcInet(*table, AF_INET, wanted));
  }
  if (const auto table = ReadAll(proc_fd, (path + "6").c_str())) {
    Append(rows, ParseProcInet(*table, AF_INET6, wanted));
  }
  return rows;
}

// Whether a printed end is `address`, as itself or as an IPv4-mapped IPv6 one.
bool IsEnd(const std::string& printed, const SocketAddress& address) {
  const std::string wanted = PrintAddress(address);
  if (printed == wanted) return true;
  const std::size_t colon = wanted.rfind(':');
  return address.storage.ss_family == AF_INET &&
         printed == "[::ffff:" + wanted.substr(0, colon) + "]" + wanted.substr(colon);
}

}  // namespace

SocketTable::SocketTable(int proc_fd, Source preferred)
    : proc_fd_(proc_fd),
      diag_(preferred == Source::kDiag ? SocketDiag::Open() : nullptr),
      tcp_source_(Source::kProc) {
  // An exact look-up answers ENOENT both for no socket and for no such table: ask once.
  if (diag_ != nullptr && diag_->Dump(AF_INET, IPPROTO_TCP, kListening, std::nullopt)) {
    tcp_source_ = Source::kDiag;
  }
}

SocketTable::~SocketTable() = default;
SocketTable::SocketTable(SocketTable&&) noexcept = default;

std::vector<InetSocket> SocketTable::TcpListeners() {
  if (tcp_source_ == Source::kProc) {
    return ReadProcInet(proc_fd_, "tcp",
                        [](const InetSocket& socket) { return socket.row.state == "LISTEN"; });
  }
  std::vector<InetSocket> rows;
  for (const int family : {AF_INET, AF_INET6}) {
    Append(rows, diag_->Dump(family, IPPROTO_TCP, kListening, std::nullopt)
                     .value_or(std::vector<InetSocket>()));
  }
  return rows;
}

std::optional<InetSocket> SocketTable::TcpConnection(const SocketAddress& local,
                                                     const SocketAddress& remote) {
  const int family = local.storage.ss_family;
  if ((family != AF_INET && family != AF_INET6) || remote.storage.ss_family != family) {
    throw std::invalid_argument("a TCP connection has two inet ends of one family");
  }
  if (tcp_source_ == Source::kDiag) return diag_->FindTcp(local, remote);
  auto rows = ReadProcInet(proc_fd_, "tcp", [&](const InetSocket& socket) {
    return IsEnd(socket.row.local, local) && IsEnd(socket.row.remote, remote);
  });
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

std::vector<InetSocket> SocketTable::TcpAtPort(int port, Port end) {
  if (tcp_source_ == Source::kProc) {
    return ReadProcInet(proc_fd_, "tcp", [port, end](const InetSocket& socket) {
      return socket.row.state != "LISTEN" &&
             (end == Port::kLocal ? socket.local_port : socket.remote_port) == port;
    });
  }
  std::vector<InetSocket> rows;
  for (const int family : {AF_INET, AF_INET6}) {
    Append(rows, diag_->Dump(family, IPPROTO_TCP, kConnected, SocketDiag::PortFilter{port, end})
                     .value_or(std::vector<InetSocket>()));
  }
  return rows;
}

bool SocketTable::DestroyTcp(const SocketAddress& local, const SocketAddress& remote) {
  return tcp_source_ == Source::kDiag && diag_->DestroyTcp(local, remote);
}

std::vector<InetSocket> SocketTable::Connectionless(int protocol, const std::string& table,
                                                    std::optional<int> port) {
  std::vector<InetSocket> rows;
  std::optional<SocketDiag::PortFilter> filter;
  if (port.has_value()) filter = SocketDiag::PortFilter{*port, Port::kLocal};
  bool known = diag_ != nullptr;
  for (const int family : {AF_INET, AF_INET6}) {
    if (!known) break;
    auto answer = diag_->Dump(family, protocol, ~0U, filter);
    known = answer.has_value();
    if (known) Append(rows, std::move(*answer));
  }
  if (!known) {
    rows = ReadProcInet(proc_fd_, table, [&](const InetSocket& socket) {
      return !port.has_value() || socket.local_port == *port;
    });
  }
  for (InetSocket& socket : rows) {
    if (socket.row.state == "CLOSE") socket.row.state = "UNCONNECTED";
  }
  return rows;
}

std::vector<InetSocket> SocketTable::RawSockets() {
  return Connectionless(IPPROTO_RAW, "raw", std::nullopt);
}

std::vector<InetSocket> SocketTable::UdpSockets(std::optional<int> port) {
  std::vector<InetSocket> rows = Connectionless(IPPROTO_UDP, "udp", port);
  for (InetSocket& socket : rows) socket.row.datagrams = true;
  return rows;
}

std::vector<UnixSocket> SocketTable::UnixSockets() {
  if (diag_ != nullptr) {
    if (auto rows = diag_->DumpUnix()) return std::move(*rows);
  }
  const auto table = ReadAll(proc_fd_, "thread-self/net/unix");
  return table ? ParseProcUnix(*table) : std::vector<UnixSocket>();
}

}  // namespace sockspec
