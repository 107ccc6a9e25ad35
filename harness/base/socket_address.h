// Socket addresses: built from a transport's words, and printed.
#pragma once

#include <sys/socket.h>

#include <string>

#include "harness/base/transport.h"

namespace sockspec {

// An address of any family, as system calls take it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  // The port in host order; 0 for families without.
  int port() const;
};

// Throws std::invalid_argument with a one-line reason for what is no address of the transport.
// inet: `host` is numeric and unbracketed; an IPv6 one may end in %interface (name or number).
// UNIX: `host` is a path, or @name for an abstract one; `port` is ignored. A path may fill all 108
// bytes of sun_path: Linux needs no zero byte then (unix(7)).
SocketAddress MakeAddress(Transport transport, const std::string& host, int port = 0);

// "127.0.0.1:13", "[::1]:13", "[fe80::1%2]:13", "/tmp/s", "@abstract", or "unnamed" for an address
// without a name. A UNIX name comes as it is, byte for byte: quote it before it is shown. What a
// program passed may be no address at all: "family 77", "AF_INET in 3 bytes".
std::string PrintAddress(const sockaddr* address, socklen_t length);
std::string PrintAddress(const SocketAddress& address);

}  // namespace sockspec
