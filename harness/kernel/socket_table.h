// The kernel's tables of sockets: one question, one answer, at the moment of the call.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "harness/base/socket_address.h"
#include "harness/evidence/event.h"

namespace sockspec {

// An inet socket. `row.owned` is left false: only who knows the program's descriptors (see
// process_table.h) can set it.
struct InetSocket {
  SocketRow row;
  int local_port = 0;
  int remote_port = 0;
};

// A UNIX socket. row.local: its name ("" for none); row.remote is empty. row.state: "LISTEN",
// "ESTABLISHED" or "UNCONNECTED".
struct UnixSocket {
  SocketRow row;
  int type = 0;                  // SOCK_STREAM, ...
  std::uint64_t peer_inode = 0;  // 0: none, or not known
};

class SocketDiag;

// Asks by NETLINK_SOCK_DIAG, and reads /proc/net where the kernel lacks that (containers). Sees the
// network namespace in which it was made (sock_diag) or in which the calling thread is (/proc/net):
// make it inside the sandbox, after the namespaces. Not thread-safe; owns one netlink socket and
// keeps nothing else between calls. The harness's own trouble throws std::system_error.
//
//   SocketTable table(sandbox.proc_fd());
//   for (const InetSocket& listener : table.TcpListeners()) ...
//
// Costs below are the mean of 500 to 2,000 calls in a row, with four sockets open in a network
// namespace of its own (Linux 6.18, 2-core VM): take their ratios.
class SocketTable {
 public:
  enum class Source { kDiag, kProc };
  enum class Port { kLocal, kRemote };

  // `proc_fd`: a descriptor on a /proc that knows the calling thread; it must outlive the table.
  // Source::kProc never uses netlink.
  explicit SocketTable(int proc_fd, Source preferred = Source::kDiag);
  ~SocketTable();
  SocketTable(SocketTable&&) noexcept;
  SocketTable& operator=(SocketTable&&) = delete;

  // What answers about TCP. Sources of UDP and UNIX sockets are chosen call by call.
  Source tcp_source() const { return tcp_source_; }

  // All TCP listeners, IPv4 and IPv6. send_queue: the backlog in force, after the kernel's limit
  // (-1 where only /proc is there); receive_queue: connections waiting. v6_only is set for IPv6,
  // and means something on [::] alone. 25 us; 1.6 ms from /proc.
  std::vector<InetSocket> TcpListeners();

  // The TCP socket with exactly these two ends, seen from its owner (`local` is the owner's), in
  // whatever state; nullopt where there is none. A connection to a dual-stack listener is found by
  // its IPv4 addresses. inode 0: no process holds it (TIME_WAIT; closed; or not yet accepted).
  // 5 us; 1.6 ms from /proc.
  std::optional<InetSocket> TcpConnection(const SocketAddress& local, const SocketAddress& remote);

  // All TCP sockets but listeners with that port at their local (or remote) end, IPv4 and IPv6: to
  // find TIME_WAIT and CLOSE_WAIT. Walks the kernel's whole hash table once for each family, which
  // network namespaces share: 1.9 ms with 262,144 buckets. 12 us with 64 of its own, which a
  // namespace gets where sysctl net.ipv4.tcp_child_ehash_entries is 64 in that from which it was
  // unshared.
  std::vector<InetSocket> TcpAtPort(int port, Port end = Port::kLocal);

  // Ends that socket as a device that goes away would (SOCK_DESTROY): calls on it fail with
  // ECONNABORTED, its peer is reset. False where there is none, or where the kernel does not do
  // that (without sock_diag, or without CONFIG_INET_DIAG_DESTROY). Needs CAP_NET_ADMIN in the
  // network namespace.
  bool DestroyTcp(const SocketAddress& local, const SocketAddress& remote);

  // Raw sockets, IPv4 and IPv6; local_port is their protocol number. 24 us.
  std::vector<InetSocket> RawSockets();

  // UDP sockets, all or those bound to a local port. State: "UNCONNECTED" or "ESTABLISHED". 24 us.
  std::vector<InetSocket> UdpSockets(std::optional<int> port = std::nullopt);

  // All UNIX sockets of the namespace. Of a listener send_queue is its backlog and receive_queue
  // the connections waiting; -1 where only /proc is there. 10 us.
  std::vector<UnixSocket> UnixSockets();

 private:
  // Of that protocol, all or those with that local port; `table`: its file in /proc/net.
  std::vector<InetSocket> Connectionless(int protocol, const std::string& table,
                                         std::optional<int> port);

  int proc_fd_;
  std::unique_ptr<SocketDiag> diag_;  // empty: /proc alone
  Source tcp_source_;
};

}  // namespace sockspec
