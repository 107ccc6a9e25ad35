// NETLINK_SOCK_DIAG: the questions that SocketTable puts to the kernel.
#include "harness/kernel/socket_diag.h"

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "harness/base/error.h"
#include "harness/kernel/diag_rows.h"

namespace sockspec {
namespace {

// The kernel fills as much of a dump into one message as the reader offers, at most this.
constexpr std::size_t kReplySize = 32 << 10;
using RequestBuffer = std::array<char, 256>;

// A request of type `Body` at the start of `buffer`.
template <typename Body>
Body& PutRequest(RequestBuffer& buffer, std::uint16_t flags,
                 std::uint16_t type = SOCK_DIAG_BY_FAMILY) {
  nlmsghdr* header = mnl_nlmsg_put_header(buffer.data());
  header->nlmsg_type = type;
  header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  return *static_cast<Body*>(mnl_nlmsg_put_extra_header(header, sizeof(Body)));
}
nlmsghdr& Header(RequestBuffer& buffer) { return *reinterpret_cast<nlmsghdr*>(buffer.data()); }

// The kernel's little language for filters: compare the port; where it differs jump behind the end,
// which rejects the socket. The port stands in the operation that follows.
std::array<inet_diag_bc_op, 2> Compile(const SocketDiag::PortFilter& filter) {
  const bool local = filter.end == SocketTable::Port::kLocal;
  inet_diag_bc_op compare{};
  compare.code = local ? INET_DIAG_BC_S_EQ : INET_DIAG_BC_D_EQ;
  compare.yes = 2 * sizeof(inet_diag_bc_op);
  compare.no = 3 * sizeof(inet_diag_bc_op);
  inet_diag_bc_op port{};
  port.no = static_cast<std::uint16_t>(filter.port);
  return {compare, port};
}

void PutEnd(const SocketAddress& address, __be32 (&words)[4], __be16& port) {
  port = htons(static_cast<std::uint16_t>(address.port()));
  if (address.storage.ss_family == AF_INET) {
    words[0] = reinterpret_cast<const sockaddr_in&>(address.storage).sin_addr.s_addr;
  } else {
    memcpy(words, &reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_addr, sizeof words);
  }
}

std::uint32_t ScopeOf(const SocketAddress& address) {
  return address.storage.ss_family == AF_INET6
             ? reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_scope_id
             : 0;
}

// The question about the connection with these two ends.
void NameTcp(const SocketAddress& local, const SocketAddress& remote, inet_diag_req_v2& request) {
  request.sdiag_family = static_cast<std::uint8_t>(local.storage.ss_family);
  request.sdiag_protocol = IPPROTO_TCP;
  request.idiag_states = ~0U;
  PutEnd(local, request.id.idiag_src, request.id.idiag_sport);
  PutEnd(remote, request.id.idiag_dst, request.id.idiag_dport);
  request.id.idiag_if = ScopeOf(local);
  request.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
}

}  // namespace

void SocketDiag::Close::operator()(mnl_socket* socket) const { mnl_socket_close(socket); }

std::unique_ptr<SocketDiag> SocketDiag::Open() {
  mnl_socket* socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
  if (socket == nullptr) {
    if (errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT || errno == EPERM || errno == EACCES) {
      return nullptr;
    }
    ThrowSystemError(errno, "socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG)");
  }
  std::unique_ptr<SocketDiag> diag(new SocketDiag(socket));
  CheckCall(mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID), "bind(NETLINK_SOCK_DIAG)");
  return diag;
}

int SocketDiag::Ask(nlmsghdr& request, const std::function<void(const nlmsghdr&)>& take) {
  const bool dump = (request.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
  request.nlmsg_seq = ++sequence_;
  CheckCall(mnl_socket_sendto(socket_.get(), &request, request.nlmsg_len), "sendto(sock_diag)");
  alignas(nlmsghdr) char reply[kReplySize];
  while (true) {
    const ssize_t size = mnl_socket_recvfrom(socket_.get(), reply, sizeof reply);
    if (size < 0 && errno == EINTR) continue;
    CheckCall(size, "recvfrom(sock_diag)");
    int left = static_cast<int>(size);
    for (auto* message = reinterpret_cast<const nlmsghdr*>(reply); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
      // What an earlier question left behind when it ended by an exception.
      if (message->nlmsg_seq != sequence_) continue;
      switch (message->nlmsg_type) {
        case NLMSG_DONE: {
          // What ended a dump: a protocol without a table (raw, udp) shows here alone.
          int status = 0;
          if (mnl_nlmsg_get_payload_len(message) >= sizeof status) {
            memcpy(&status, mnl_nlmsg_get_payload(message), sizeof status);
          }
          return -status;
        }
        case NLMSG_ERROR:
          return -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error;
        default:
          take(*message);
      }
      if (!dump) return 0;
    }
  }
}

std::optional<std::vector<InetSocket>> SocketDiag::Dump(int family, int protocol,
                                                        std::uint32_t states,
                                                        const std::optional<PortFilter>& filter) {
  alignas(nlmsghdr) RequestBuffer buffer;
  auto& request = PutRequest<inet_diag_req_v2>(buffer, NLM_F_DUMP);
  request.sdiag_family = static_cast<std::uint8_t>(family);
  request.sdiag_protocol = static_cast<std::uint8_t>(protocol);
  request.idiag_states = states;
  if (filter) {
    const auto program = Compile(*filter);
    mnl_attr_put(&Header(buffer), INET_DIAG_REQ_BYTECODE, sizeof program, program.data());
  }
  std::vector<InetSocket> rows;
  const int error = Ask(Header(buffer), [&rows](const nlmsghdr& message) {
    if (auto row = DecodeInet(message)) rows.push_back(*std::move(row));
  });
  if (error == ENOENT) return std::nullopt;
  if (error != 0) {
    ThrowSystemError(error, fmt::format("sock_diag dump(family {}, protocol {}, states {:#x})",
                                        family, protocol, states));
  }
  return rows;
}

std::optional<InetSocket> SocketDiag::FindTcp(const SocketAddress& local,
                                              const SocketAddress& remote) {
  alignas(nlmsghdr) RequestBuffer buffer;
  NameTcp(local, remote, PutRequest<inet_diag_req_v2>(buffer, 0));
  std::optional<InetSocket> found;
  const int error = Ask(Header(buffer), [&found](const nlmsghdr& message) {
    // The kernel looks for who would take a segment: without a connection, that is a listener.
    auto socket = DecodeInet(message);
    if (socket.has_value() && socket->row.state != "LISTEN") found = std::move(socket);
  });
  if (error != 0 && error != ENOENT) {
    ThrowSystemError(error,
                     fmt::format("sock_diag({}, {})", PrintAddress(local), PrintAddress(remote)));
  }
  return found;
}

bool SocketDiag::DestroyTcp(const SocketAddress& local, const SocketAddress& remote) {
  // Without a connection the kernel would find, and end, the listener.
  if (!FindTcp(local, remote).has_value()) return false;
  alignas(nlmsghdr) RequestBuffer buffer;
  NameTcp(local, remote, PutRequest<inet_diag_req_v2>(buffer, NLM_F_ACK, SOCK_DESTROY));
  const int error = Ask(Header(buffer), [](const nlmsghdr&) {});
  if (error == ENOENT || error == EOPNOTSUPP || error == EPERM) return false;
  if (error != 0) {
    ThrowSystemError(
        error, fmt::format("SOCK_DESTROY({}, {})", PrintAddress(local), PrintAddress(remote)));
  }
  return true;
}

std::optional<std::vector<UnixSocket>> SocketDiag::DumpUnix() {
  alignas(nlmsghdr) RequestBuffer buffer;
  auto& request = PutRequest<unix_diag_req>(buffer, NLM_F_DUMP);
  request.sdiag_family = AF_UNIX;
  request.udiag_states = ~0U;
  request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN;
  std::vector<UnixSocket> rows;
  const int error = Ask(Header(buffer), [&rows](const nlmsghdr& message) {
    if (auto row = DecodeUnix(message)) rows.push_back(*std::move(row));
  });
  if (error == ENOENT) return std::nullopt;
  if (error != 0) ThrowSystemError(error, "sock_diag dump(AF_UNIX)");
  return rows;
}

}  // namespace sockspec
