// A packet socket to see by, a raw one to send with.
#include "harness/peer/raw_peer.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "harness/base/error.h"
#include "harness/base/socket_address.h"

namespace sockspec {
namespace {

constexpr const char* kLoopback = "lo";

int LoopbackIndex() {
  const unsigned index = if_nametoindex(kLoopback);
  if (index == 0) ThrowSystemError(errno, "if_nametoindex(lo)");
  return static_cast<int>(index);
}

OwnedFd OpenTap(int protocol) {
  // ETH_P_IP and ETH_P_IPV6 see what arrives, and so each packet once; ETH_P_ALL would see what is
  // sent as well.
  OwnedFd tap(CheckCall(socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                               htons(static_cast<std::uint16_t>(protocol))),
                        "socket(AF_PACKET, SOCK_DGRAM)"));
  sockaddr_ll address = {};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(static_cast<std::uint16_t>(protocol));
  address.sll_ifindex = LoopbackIndex();
  CheckCall(bind(tap.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
            "bind(AF_PACKET, lo)");
  return tap;
}

}  // namespace

std::string RawHostAddress(Transport transport) {
  return Family(transport) == AF_INET6 ? "fd00::9" : "198.51.100.7";
}

std::string RawClientAddress(Transport transport) {
  return Family(transport) == AF_INET6 ? RawHostAddress(transport) : "192.0.2.7";
}

RawPeer::RawPeer(Transport transport) : transport_(transport) {
  const bool v4 = Family(transport) == AF_INET;
  tap_ = OpenTap(v4 ? ETH_P_IP : ETH_P_IPV6);
  // IPPROTO_RAW: the header is ours to write, over IPv6 as well.
  sender_ = OwnedFd(CheckCall(socket(Family(transport), SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW),
                              "socket(SOCK_RAW, IPPROTO_RAW)"));
  if (!v4) return;
  ip_mreqn interface = {};
  interface.imr_ifindex = LoopbackIndex();
  CheckCall(setsockopt(sender_.get(), IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof interface),
            "setsockopt(IP_MULTICAST_IF, lo)");
}

bool RawPeer::IsOwn(const RawPacket& packet) {
  const auto found = std::ranges::find(on_its_way_, packet);
  if (found == on_its_way_.end()) return false;
  on_its_way_.erase(found);
  return true;
}

std::optional<std::string> RawPeer::Receive() {
  static char buffer[65536];  // one for all: nothing here is called from two threads
  while (true) {
    const ssize_t size = recv(tap_.get(), buffer, sizeof buffer, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return std::nullopt;
    CheckCall(size, "recv(AF_PACKET)");
    std::string bytes(buffer, static_cast<std::size_t>(size));
    const std::optional<RawPacket> packet = DecodePacket(bytes);
    if (!packet || IsOwn(*packet)) continue;
    const int protocol = Family(transport_) == AF_INET ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6};
    if (packet->protocol != protocol || packet->destination != RawHostAddress(transport_)) continue;
    return bytes;
  }
}

void RawPeer::Send(const RawPacket& packet) {
  const std::string bytes = EncodePacket(packet);
  const SocketAddress to = MakeAddress(transport_, packet.destination);
  on_its_way_.push_back(packet);
  CheckCall(sendto(sender_.get(), bytes.data(), bytes.size(), 0, to.get(), to.length),
            "sendto({}, {} bytes)", packet.destination, bytes.size());
}

}  // namespace sockspec
