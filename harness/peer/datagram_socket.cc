// The harness's end of datagrams: UDP and UNIX.
#include "harness/peer/datagram_socket.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "harness/base/error.h"

namespace sockspec {
namespace {

// The largest that can come over UDP; UNIX datagrams end at the sender's buffer (some 200 KiB).
constexpr std::size_t kLargest = 1 << 18;
// Twenty answers of the largest size find room before anyone reads them.
constexpr int kReceiveBuffer = 4 << 20;

bool IsNothing(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

DatagramSocket::DatagramSocket(Transport transport, const std::optional<SocketAddress>& local) {
  const int family = Family(transport);
  fd_ = OwnedFd(CheckCall(socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                          "socket({}, SOCK_DGRAM)", family));
  const int on = 1;
  queues_errors_ = family != AF_UNIX;
  if (family == AF_INET) {
    CheckCall(setsockopt(fd(), IPPROTO_IP, IP_RECVERR, &on, sizeof on), "setsockopt(IP_RECVERR)");
  } else if (family == AF_INET6) {
    CheckCall(setsockopt(fd(), IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on),
              "setsockopt(IPV6_RECVERR)");
    CheckCall(setsockopt(fd(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on),
              "setsockopt(IPV6_V6ONLY)");
  }
  // Beyond the host's limit the kernel takes less, which is no error.
  CheckCall(setsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer),
            "setsockopt(SO_RCVBUF)");
  CheckCall(setsockopt(fd(), SOL_SOCKET, SO_SNDBUF, &kReceiveBuffer, sizeof kReceiveBuffer),
            "setsockopt(SO_SNDBUF)");
  if (!local.has_value()) return;
  const std::string name = PrintAddress(*local);
  CheckCall(bind(fd(), local->get(), local->length), "bind({})", name);
  if (family == AF_UNIX && !name.starts_with('@')) path_ = name;
}

DatagramSocket::~DatagramSocket() { Close(); }

void DatagramSocket::Close() {
  if (!path_.empty() && !fd_.empty()) unlink(path_.c_str());
  fd_.Reset();
}

std::string DatagramSocket::local() const {
  SocketAddress address;
  address.length = sizeof address.storage;
  if (getsockname(fd(), address.get(), &address.length) == -1) return "";
  return PrintAddress(address);
}

int DatagramSocket::Connect(const SocketAddress& remote) {
  if (connect(fd(), remote.get(), remote.length) == -1) return errno;
  connected_ = true;
  return 0;
}

int DatagramSocket::Send(std::string_view bytes, const SocketAddress& to) {
  // A second try after an error that an earlier datagram had met: that one is reported in the place
  // of this one's outcome, and has its own way to be told (Receive).
  for (int attempt = 0;; ++attempt) {
    const ssize_t n =
        connected_ ? send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL)
                   : sendto(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL, to.get(), to.length);
    if (n >= 0) return 0;
    const bool of_an_earlier_one = errno == ECONNREFUSED && to.storage.ss_family != AF_UNIX;
    if (errno != EINTR && !(of_an_earlier_one && attempt == 0)) return errno;
  }
}

std::optional<DatagramArrival> DatagramSocket::TakeError() {
  char control[512];
  DatagramArrival arrival;
  msghdr header{.msg_name = arrival.from.get(),
                .msg_namelen = sizeof arrival.from.storage,
                .msg_control = control,
                .msg_controllen = sizeof control};
  if (recvmsg(fd(), &header, MSG_ERRQUEUE) < 0) return std::nullopt;
  arrival.from.length = header.msg_namelen;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    const bool tells = (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR) ||
                       (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR);
    if (!tells) continue;
    arrival.error =
        static_cast<int>(reinterpret_cast<const sock_extended_err*>(CMSG_DATA(part))->ee_errno);
  }
  if (arrival.error == 0) return std::nullopt;
  return arrival;
}

std::optional<DatagramArrival> DatagramSocket::Receive() {
  static char buffer[kLargest];  // one for all: nothing here is called from two threads
  DatagramArrival arrival;
  while (true) {
    arrival.from.length = sizeof arrival.from.storage;
    const ssize_t n =
        recvfrom(fd(), buffer, sizeof buffer, 0, arrival.from.get(), &arrival.from.length);
    if (n >= 0) {
      arrival.bytes.assign(buffer, static_cast<std::size_t>(n));
      return arrival;
    }
    const int error = errno;
    // The queue of errors keeps what has been reported already: it must be emptied, or poll() would
    // tell of it for ever.
    if (queues_errors_) {
      if (auto told = TakeError()) return told;
    }
    if (IsNothing(error)) return std::nullopt;
    // Reported, but not queued (UNIX: the other end of a connected socket has gone).
    arrival.error = error;
    arrival.from.length = 0;
    return arrival;
  }
}

}  // namespace sockspec
