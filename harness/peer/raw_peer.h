// The harness as the host that a client over raw sockets asks: it sees all packets that cross the
// loopback interface, and sends any of its own making.
//
// The client asks an address that no socket of this host has. Over IPv4 it is not even the host's,
// but is routed over the loopback interface: packets come back here and reach every raw socket, as
// on 127.0.0.1; but the kernel cannot answer them itself, since it sends from its own addresses
// alone (ip_route_output_key_hash_rcu() in net/ipv4/route.c). Over IPv6, where no such route can be
// had, its answers are switched off (net.ipv6.icmp.echo_ignore_all).
//
// Nothing here waits. Whoever waits does so on fd(), in an event loop.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "harness/base/owned_fd.h"
#include "harness/base/raw_packet.h"
#include "harness/base/transport.h"

namespace sockspec {

// What icmp4 and icmp6 clients are told to ask.
std::string RawHostAddress(Transport transport);
// Where they ask from.
std::string RawClientAddress(Transport transport);
class RawPeer {
 public:
  // Make it in the network namespace of the program, with CAP_NET_RAW there. Throws
  // std::system_error: EAFNOSUPPORT where the kernel has no packet sockets.
  explicit RawPeer(Transport transport);

  int fd() const { return tap_.get(); }
  // The next packet of ICMP or ICMPv6 to the host's address that somebody else has sent, as it
  // came.
  std::optional<std::string> Receive();
  // From whatever address it says. Throws std::system_error.
  void Send(const RawPacket& packet);

 private:
  bool IsOwn(const RawPacket& packet);

  Transport transport_;
  OwnedFd tap_, sender_;
  std::deque<RawPacket> on_its_way_;  // sent, and not seen on the interface yet
};

}  // namespace sockspec
