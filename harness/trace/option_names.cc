// Socket options by name.
#include "harness/trace/option_names.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <fmt/format.h>

namespace sockspec {
namespace {

struct OptionName {
  int level, option;
  const char* name;
};
constexpr OptionName kOptions[] = {{SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR"},
                                   {SOL_SOCKET, SO_REUSEPORT, "SO_REUSEPORT"},
                                   {SOL_SOCKET, SO_LINGER, "SO_LINGER"},
                                   {SOL_SOCKET, SO_RCVTIMEO, "SO_RCVTIMEO"},
                                   {SOL_SOCKET, SO_SNDTIMEO, "SO_SNDTIMEO"},
                                   {SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF"},
                                   {SOL_SOCKET, SO_SNDBUF, "SO_SNDBUF"},
                                   {SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE"},
                                   {SOL_SOCKET, SO_BROADCAST, "SO_BROADCAST"},
                                   {SOL_SOCKET, SO_OOBINLINE, "SO_OOBINLINE"},
                                   {SOL_SOCKET, SO_PASSCRED, "SO_PASSCRED"},
                                   {IPPROTO_IPV6, IPV6_V6ONLY, "IPV6_V6ONLY"},
                                   {IPPROTO_IPV6, IPV6_RECVPKTINFO, "IPV6_RECVPKTINFO"},
                                   {IPPROTO_IP, IP_PKTINFO, "IP_PKTINFO"},
                                   {IPPROTO_IP, IP_RECVERR, "IP_RECVERR"},
                                   {IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY"},
                                   {IPPROTO_TCP, TCP_DEFER_ACCEPT, "TCP_DEFER_ACCEPT"},
                                   {IPPROTO_TCP, TCP_LINGER2, "TCP_LINGER2"}};

}  // namespace

std::string NameOption(int level, int option) {
  for (const OptionName& known : kOptions) {
    if (known.level == level && known.option == option) return known.name;
  }
  return fmt::format("{}/{}", level, option);
}

}  // namespace sockspec
