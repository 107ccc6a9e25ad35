// socket, setsockopt, bind, listen.
#include "reference/listener.h"

#include <netinet/in.h>

#include <cerrno>

#include "reference/failure.h"

namespace sockspec::reference {
namespace {

void SetOption(int descriptor, int level, int option, int value, const char* name) {
  if (setsockopt(descriptor, level, option, &value, sizeof value) < 0) {
    throw Failure("setsockopt", name, errno);
  }
}

}  // namespace

Descriptor MakeListeningSocket(const Endpoint& endpoint) {
  Descriptor listener(socket(endpoint.family, endpoint.type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (listener.get() < 0) throw Failure("socket", endpoint.name, errno);
  return listener;
}

void SetListenerOptions(int listener, const Endpoint& endpoint, Ipv6Scope scope) {
  if (endpoint.family == AF_UNIX) return;
  if (endpoint.type == SOCK_STREAM) {
    // The server closes first, so its port is in TIME_WAIT after each run.
    SetOption(listener, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
  } else if (endpoint.family == AF_INET) {
    // For datagrams SO_REUSEADDR would let a second server take them away. What they need is to
    // know at which of the host's addresses each came in.
    SetOption(listener, IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO");
  } else {
    SetOption(listener, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO");
  }
  if (endpoint.family == AF_INET6) {
    // Said in both cases: the default is the host's (net.ipv6.bindv6only).
    const int alone = scope == Ipv6Scope::kIpv6Alone ? 1 : 0;
    SetOption(listener, IPPROTO_IPV6, IPV6_V6ONLY, alone, "IPV6_V6ONLY");
  }
}

void Bind(int listener, const Endpoint& endpoint) {
  if (bind(listener, endpoint.generic(), endpoint.length) < 0) {
    throw Failure("bind", endpoint.name, errno);
  }
}

void Listen(int listener, const Endpoint& endpoint, int backlog) {
  if (listen(listener, backlog) < 0) throw Failure("listen", endpoint.name, errno);
}

}  // namespace sockspec::reference
