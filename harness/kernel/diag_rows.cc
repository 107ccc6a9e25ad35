// Rows of sock_diag dumps, from the bytes of their messages.
#include "harness/kernel/diag_rows.h"

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "harness/kernel/proc_net.h"

namespace sockspec {
namespace {

// Hands each attribute after a `Body` to `take`.
template <typename Body, typename Take>
void ForEachAttribute(const nlmsghdr& message, Take take) {
  const auto* end = static_cast<const char*>(mnl_nlmsg_get_payload_tail(&message));
  const auto* attribute =
      static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(&message, sizeof(Body)));
  while (mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)))) {
    take(*attribute);
    attribute = mnl_attr_next(attribute);
  }
}

std::string PrintEnd(int family, const __be32 (&words)[4], __be16 port, std::uint32_t interface) {
  if (family == AF_INET) {
    sockaddr_in address{.sin_family = AF_INET, .sin_port = port};
    address.sin_addr.s_addr = words[0];
    return PrintAddress(reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  sockaddr_in6 address{.sin6_family = AF_INET6, .sin6_port = port};
  memcpy(&address.sin6_addr, words, sizeof address.sin6_addr);
  if (IN6_IS_ADDR_LINKLOCAL(&address.sin6_addr)) address.sin6_scope_id = interface;
  return PrintAddress(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

// A path comes with its terminating zero byte, an abstract name with its leading one.
std::string UnixName(const nlattr& attribute) {
  std::string name(static_cast<const char*>(mnl_attr_get_payload(&attribute)),
                   mnl_attr_get_payload_len(&attribute));
  if (name.empty()) return name;
  if (name[0] == '\0') {
    name[0] = '@';
  } else {
    name.resize(strnlen(name.c_str(), name.size()));
  }
  return name;
}

// A value of an attribute; nothing where it is too short for one.
template <typename Value>
std::optional<Value> ValueOf(const nlattr& attribute) {
  Value value;
  if (mnl_attr_get_payload_len(&attribute) < sizeof value) return std::nullopt;
  memcpy(&value, mnl_attr_get_payload(&attribute), sizeof value);
  return value;
}

}  // namespace

std::optional<InetSocket> DecodeInet(const nlmsghdr& message) {
  if (mnl_nlmsg_get_payload_len(&message) < sizeof(inet_diag_msg)) return std::nullopt;
  const auto& body = *static_cast<const inet_diag_msg*>(mnl_nlmsg_get_payload(&message));
  const inet_diag_sockid& id = body.id;
  InetSocket socket;
  socket.local_port = ntohs(id.idiag_sport);
  socket.remote_port = ntohs(id.idiag_dport);
  SocketRow& row = socket.row;
  row.state = TcpStateName(body.idiag_state);
  row.local = PrintEnd(body.idiag_family, id.idiag_src, id.idiag_sport, id.idiag_if);
  if (socket.remote_port != 0) {
    row.remote = PrintEnd(body.idiag_family, id.idiag_dst, id.idiag_dport, id.idiag_if);
  }
  row.receive_queue = body.idiag_rqueue;
  row.send_queue = body.idiag_wqueue;
  row.inode = body.idiag_inode;
  ForEachAttribute<inet_diag_msg>(message, [&row](const nlattr& attribute) {
    if (mnl_attr_get_type(&attribute) == INET_DIAG_SKV6ONLY) {
      const auto alone = ValueOf<std::uint8_t>(attribute);
      if (alone) row.v6_only = *alone != 0;
    }
  });
  return socket;
}

std::optional<UnixSocket> DecodeUnix(const nlmsghdr& message) {
  if (mnl_nlmsg_get_payload_len(&message) < sizeof(unix_diag_msg)) return std::nullopt;
  const auto& body = *static_cast<const unix_diag_msg*>(mnl_nlmsg_get_payload(&message));
  UnixSocket socket;
  socket.type = body.udiag_type;
  SocketRow& row = socket.row;
  row.datagrams = socket.type == SOCK_DGRAM;
  row.state = body.udiag_state == TCP_CLOSE ? "UNCONNECTED" : TcpStateName(body.udiag_state);
  row.inode = body.udiag_ino;
  ForEachAttribute<unix_diag_msg>(message, [&](const nlattr& attribute) {
    switch (mnl_attr_get_type(&attribute)) {
      case UNIX_DIAG_NAME:
        row.local = UnixName(attribute);
        break;
      case UNIX_DIAG_PEER:
        socket.peer_inode = ValueOf<std::uint32_t>(attribute).value_or(0);
        break;
      case UNIX_DIAG_RQLEN: {
        const auto length = ValueOf<unix_diag_rqlen>(attribute);
        if (!length) break;
        row.receive_queue = length->udiag_rqueue;
        row.send_queue = length->udiag_wqueue;
        break;
      }
      default:
        break;
    }
  });
  return socket;
}

}  // namespace sockspec
