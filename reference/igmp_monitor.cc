// socket, setsockopt, recvfrom.
#include "reference/igmp_monitor.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>

#include "reference/endpoint.h"
#include "reference/failure.h"
#include "reference/icmp_message.h"
#include "reference/igmp_message.h"
#include "reference/raw_socket.h"

namespace sockspec::reference {
namespace {

// Queries go to all hosts, which every host listens to. Leaves go to all routers and the reports of
// version 3 to all routers that speak it: those groups must be joined, on each interface. One that
// cannot do multicast is left out.
void JoinRouterGroups(int socket) {
  const std::unique_ptr<struct if_nameindex[], decltype(&if_freenameindex)> interfaces(
      if_nameindex(), if_freenameindex);
  if (interfaces == nullptr) throw Failure("if_nameindex", "interfaces", errno);
  for (const struct if_nameindex* one = interfaces.get(); one->if_index != 0; ++one) {
    for (const char* group : {"224.0.0.2", "224.0.0.22"}) {
      ip_mreqn membership = {};
      membership.imr_multiaddr.s_addr = inet_addr(group);
      membership.imr_ifindex = static_cast<int>(one->if_index);
      setsockopt(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership);
    }
  }
}

std::string SourceText(const sockaddr_in& source) {
  char text[INET_ADDRSTRLEN];
  return inet_ntop(AF_INET, &source.sin_addr, text, sizeof text);
}

}  // namespace

void WatchIgmp(int count) {
  const Descriptor socket = MakeRawSocket(AF_INET, IPPROTO_IGMP, "IGMP");
  JoinRouterGroups(socket.get());
  std::string packet(65535, '\0');
  for (int seen = 0; count == 0 || seen < count;) {
    sockaddr_in source = {};
    socklen_t length = sizeof source;
    const ssize_t size = recvfrom(socket.get(), packet.data(), packet.size(), 0,
                                  reinterpret_cast<sockaddr*>(&source), &length);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) throw Failure("recvfrom", "IGMP", errno);
    const auto message = Ipv4Payload({packet.data(), static_cast<std::size_t>(size)});
    if (!message) continue;
    if (const std::optional<std::string> text = IgmpText(*message)) {
      PrintLine(SourceText(source) + ": " + *text);
      ++seen;
    }
  }
}

}  // namespace sockspec::reference
