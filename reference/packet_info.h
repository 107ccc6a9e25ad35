// Which of its addresses a host was asked at: IP_PKTINFO and IPV6_PKTINFO. A client takes no answer
// from another address than the one that it asked.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>

namespace sockspec::reference {

class PacketInfo {
 public:
  // Before recvmsg(): gives it room.
  void Receive(msghdr& message);
  // After recvmsg(): keeps what came.
  void Take(const msghdr& message);
  // Before sendmsg(): the answer shall come from that address.
  void Send(msghdr& message);

 private:
  alignas(cmsghdr) char bytes_[CMSG_SPACE(sizeof(in6_pktinfo))] = {};
  std::size_t length_ = 0;
};

}  // namespace sockspec::reference
