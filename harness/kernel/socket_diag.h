// NETLINK_SOCK_DIAG: the questions that SocketTable puts to the kernel.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "harness/kernel/socket_table.h"

struct mnl_socket;
struct nlmsghdr;

namespace sockspec {

// Owns a netlink socket. The functions answer nullopt where the kernel has no such table (ENOENT: a
// module is missing) and throw std::system_error for any other trouble.
class SocketDiag {
 public:
  // Empty where the kernel has no NETLINK_SOCK_DIAG.
  static std::unique_ptr<SocketDiag> Open();

  struct PortFilter {
    int port;
    SocketTable::Port end;
  };
  // `states`: a bit for each TCP state by its number.
  std::optional<std::vector<InetSocket>> Dump(int family, int protocol, std::uint32_t states,
                                              const std::optional<PortFilter>& filter);
  // The connection with these two ends. nullopt: none, or no such table.
  std::optional<InetSocket> FindTcp(const SocketAddress& local, const SocketAddress& remote);
  // SOCK_DESTROY. False: there is none, or the kernel cannot.
  bool DestroyTcp(const SocketAddress& local, const SocketAddress& remote);
  std::optional<std::vector<UnixSocket>> DumpUnix();

 private:
  struct Close {
    void operator()(mnl_socket* socket) const;
  };
  explicit SocketDiag(mnl_socket* socket) : socket_(socket) {}

  // Sends `request` and hands each row of the answer to `take`. Returns 0 or the kernel's errno.
  int Ask(nlmsghdr& request, const std::function<void(const nlmsghdr&)>& take);

  std::unique_ptr<mnl_socket, Close> socket_;
  std::uint32_t sequence_ = 0;
};

}  // namespace sockspec
