// Where a server listens and a client connects: transport word + address -> struct sockaddr.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sockspec::reference {

struct Endpoint {
  int family = AF_UNSPEC;
  int type = SOCK_STREAM;
  sockaddr_storage address = {};
  socklen_t length = 0;  // of the part of `address` that is used
  std::string path;      // UNIX sockets only
  std::string name;      // for messages: 127.0.0.1:13, [::1]:13 or the path

  const sockaddr* generic() const { return reinterpret_cast<const sockaddr*>(&address); }
};

// The whole text must be a decimal number from 0 to 65535. Throws UsageError.
std::uint16_t ParsePort(const std::string& text);

// Refuses a word that is no transport (UsageError) or whose family this host lacks (Failure, which
// names the family). `transport` is tcp4, tcp6 or unix-stream; appletalk and pup are known by name.
void RequireTransport(const std::string& transport);

// The one endpoint of a server. `address` is numeric; a UNIX socket has a path instead.
Endpoint LocalEndpoint(const std::string& transport, const std::string& address,
                       const std::string& port, const std::string& path);

// All endpoints that a client may try, in the resolver's order; never empty.
std::vector<Endpoint> RemoteEndpoints(const std::string& transport, const std::string& host,
                                      const std::string& port, const std::string& path);

}  // namespace sockspec::reference
