// Socket options by name.
#include "harness/trace/option_names.h"

#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <fmt/format.h>

namespace sockspec {
namespace {

// An entry that spells its own name.
#define SOCKSPEC_OPTION(level, option) \
  { level, option, #option }

struct OptionName {
  int level, option;
  const char* name;
};
constexpr OptionName kOptions[] = {SOCKSPEC_OPTION(SOL_SOCKET, SO_REUSEADDR),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_REUSEPORT),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_LINGER),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_RCVTIMEO),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_SNDTIMEO),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_RCVBUF),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_SNDBUF),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_RCVBUFFORCE),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_SNDBUFFORCE),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_RCVLOWAT),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_SNDLOWAT),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_KEEPALIVE),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_BROADCAST),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_OOBINLINE),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_PASSCRED),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_PASSSEC),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_PEERCRED),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_PEERNAME),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_ERROR),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_TYPE),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_DOMAIN),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_PROTOCOL),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_ACCEPTCONN),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_DEBUG),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_DONTROUTE),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_PRIORITY),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_MARK),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_BINDTODEVICE),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_ATTACH_FILTER),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_DETACH_FILTER),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_TIMESTAMP),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_TIMESTAMPNS),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_RXQ_OVFL),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_PEEK_OFF),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_BUSY_POLL),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_INCOMING_CPU),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_ZEROCOPY),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_TXTIME),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_COOKIE),
                                   SOCKSPEC_OPTION(SOL_SOCKET, SO_MEMINFO),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_TOS),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_TTL),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_HDRINCL),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_OPTIONS),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_PKTINFO),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_RECVERR),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_RECVTTL),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_RECVTOS),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_RECVOPTS),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_MTU),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_MTU_DISCOVER),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_FREEBIND),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_TRANSPARENT),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_RECVORIGDSTADDR),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_MULTICAST_IF),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_MULTICAST_TTL),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_MULTICAST_LOOP),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_ADD_MEMBERSHIP),
                                   SOCKSPEC_OPTION(IPPROTO_IP, IP_DROP_MEMBERSHIP),
                                   SOCKSPEC_OPTION(IPPROTO_IP, MCAST_JOIN_GROUP),
                                   SOCKSPEC_OPTION(IPPROTO_IP, MCAST_LEAVE_GROUP),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_V6ONLY),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_RECVPKTINFO),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_PKTINFO),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_RECVERR),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_UNICAST_HOPS),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_HOPLIMIT),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_RECVHOPLIMIT),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_TCLASS),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_RECVTCLASS),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_MTU),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_MTU_DISCOVER),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_MULTICAST_IF),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_MULTICAST_HOPS),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_MULTICAST_LOOP),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_JOIN_GROUP),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_LEAVE_GROUP),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_CHECKSUM),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_ADDRFORM),
                                   SOCKSPEC_OPTION(IPPROTO_IPV6, IPV6_DONTFRAG),
                                   SOCKSPEC_OPTION(IPPROTO_TCP, TCP_NODELAY),
                                   SOCKSPEC_OPTION(IPPROTO_TCP, TCP_CORK),
                                   SOCKSPEC_OPTION(IPPROTO_TCP, TCP_MAXSEG),
                                   SOCKSPEC_OPTION(IPPROTO_TCP, TCP_KEEPIDLE),
                                   SOCKSPEC_OPTION(IPPROTO_TCP, TCP_KEEPINTVL),
                                   SOCKSPEC_OPTION(IPPROTO_TCP, TCP_KEEPCNT),
                                   SOCKSPEC_OPTION(IPPROTO_TCP, TCP_SYNCNT),
                                   SOCKSPEC_OPTION(IPPROTO_TCP, TCP_LINGER2),
                                   SOCKSPEC_OPTION(IPPROTO_TCP, TCP_DEFER_ACCEPT),
                                   SOCKSPEC_OPTION(IPPROTO_TCP, TCP_WINDOW_CLAMP),
                                   SOCKSPEC_OPTION(IPPROTO_TCP, TCP_INFO),
                                   SOCKSPEC_OPTION(IPPROTO_TCP, TCP_QUICKACK),
                                   SOCKSPEC_OPTION(IPPROTO_TCP, TCP_CONGESTION),
                                   SOCKSPEC_OPTION(IPPROTO_TCP, TCP_USER_TIMEOUT),
                                   SOCKSPEC_OPTION(IPPROTO_TCP, TCP_FASTOPEN),
                                   SOCKSPEC_OPTION(IPPROTO_TCP, TCP_FASTOPEN_CONNECT),
                                   SOCKSPEC_OPTION(IPPROTO_TCP, TCP_NOTSENT_LOWAT),
                                   SOCKSPEC_OPTION(IPPROTO_UDP, UDP_CORK),
                                   SOCKSPEC_OPTION(SOL_RAW, ICMP_FILTER),
                                   SOCKSPEC_OPTION(IPPROTO_ICMPV6, ICMP6_FILTER)};
#undef SOCKSPEC_OPTION

}  // namespace

std::string NameOption(int level, int option) {
  for (const OptionName& known : kOptions) {
    if (known.level == level && known.option == option) return known.name;
  }
  return fmt::format("{}/{}", level, option);
}

}  // namespace sockspec
