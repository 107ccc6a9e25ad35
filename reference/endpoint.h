// Where a server listens and a client connects: transport word + address -> struct sockaddr.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "reference/transport_words.h"

namespace sockspec::reference {

struct Endpoint {
  int family = AF_UNSPEC;
  int type = SOCK_STREAM;
  sockaddr_storage address = {};
  socklen_t length = 0;  // of the part of `address` that is used
  std::string path;      // of a UNIX socket that has a file; "" for abstract names
  std::string name;      // for messages: 127.0.0.1:13, [::1]:13, the path, @name;
                         // the address alone for raw sockets

  const sockaddr* generic() const { return reinterpret_cast<const sockaddr*>(&address); }
};

// "127.0.0.1:13", "[::1]:13", a path, "@name", or "(unnamed)" for a UNIX client without address.
std::string NameOf(const sockaddr* address, socklen_t length);

// The whole text must be a decimal number from 0 to 65535. Throws UsageError.
std::uint16_t ParsePort(const std::string& text);

// The one endpoint of a server. `address` is numeric; a UNIX socket has a path instead. Without an
// address tcp and udp serve both families: IPv6's wildcard address takes IPv4 clients too, and a
// host without IPv6 is left with that of IPv4.
Endpoint LocalEndpoint(const std::string& transport, const std::string& address,
                       const std::string& port, const std::string& path);

// All endpoints that a client may try, in the resolver's order; never empty.
std::vector<Endpoint> RemoteEndpoints(const std::string& transport, const std::string& host,
                                      const std::string& port, const std::string& path);

}  // namespace sockspec::reference
