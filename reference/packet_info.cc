// Control messages.
#include "reference/packet_info.h"

#include <cstring>

namespace sockspec::reference {
namespace {

template <typename Info>
Info* InfoOf(cmsghdr* header, int level, int type) {
  if (header->cmsg_level != level || header->cmsg_type != type) return nullptr;
  return reinterpret_cast<Info*>(CMSG_DATA(header));
}

// False where the address cannot be a source. The route is left to the kernel: interface 0.
bool MakeSource(cmsghdr* header) {
  if (auto* v4 = InfoOf<in_pktinfo>(header, IPPROTO_IP, IP_PKTINFO)) {
    v4->ipi_ifindex = 0;
    return true;
  }
  if (auto* v6 = InfoOf<in6_pktinfo>(header, IPPROTO_IPV6, IPV6_PKTINFO)) {
    v6->ipi6_ifindex = 0;
    return !IN6_IS_ADDR_MULTICAST(&v6->ipi6_addr);
  }
  return false;
}

}  // namespace

void PacketInfo::Receive(msghdr& message) {
  message.msg_control = bytes_;
  message.msg_controllen = sizeof bytes_;
}

void PacketInfo::Take(const msghdr& message) {
  msghdr received = message;
  cmsghdr* const header = CMSG_FIRSTHDR(&received);
  length_ = header != nullptr && MakeSource(header) ? message.msg_controllen : 0;
}

void PacketInfo::Send(msghdr& message) {
  message.msg_control = length_ > 0 ? bytes_ : nullptr;
  message.msg_controllen = length_;
}

}  // namespace sockspec::reference
