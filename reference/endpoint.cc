// Endpoints from text. getaddrinfo fills the IPv4 and IPv6 structures, byte order and scope
// included.
#include "reference/endpoint.h"

#include <netdb.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

#include "reference/descriptor.h"
#include "reference/failure.h"
#include "reference/transport_words.h"

namespace sockspec::reference {
namespace {

// "@name" is an abstract name: a zero byte in place of the @, no terminator, no file.
Endpoint UnixEndpoint(const Transport& transport, const std::string& path) {
  if (path.empty()) throw UsageError(std::string(transport.word) + " needs --path");
  const bool abstract = path.front() == '@';
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  // A path's last byte stays for the terminator: a longer path is refused, never cut.
  const std::size_t used = abstract ? path.size() : path.size() + 1;
  if (used > sizeof address.sun_path) throw Failure("path", path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());
  if (abstract) address.sun_path[0] = '\0';

  Endpoint endpoint;
  endpoint.family = transport.family;
  endpoint.type = transport.type;
  endpoint.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + used);
  std::memcpy(&endpoint.address, &address, sizeof address);
  if (!abstract) endpoint.path = path;
  endpoint.name = path;
  return endpoint;
}

std::string UnixNameOf(const sockaddr* address, socklen_t length) {
  constexpr std::size_t kStart = offsetof(sockaddr_un, sun_path);
  if (length <= kStart) return "(unnamed)";
  const char* const path = reinterpret_cast<const sockaddr_un*>(address)->sun_path;
  if (path[0] == '\0') return "@" + std::string(path + 1, length - kStart - 1);
  return std::string(path, strnlen(path, length - kStart));
}

std::string HostOf(const sockaddr* address, socklen_t length) {
  char host[NI_MAXHOST] = "(unprintable address)";
  getnameinfo(address, length, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  return host;
}

bool HostHasIpv6() {
  return Descriptor(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)).get() >= 0;
}

std::vector<Endpoint> Lookup(const Transport& transport, const std::string& host,
                             const std::string& port, int flags) {
  addrinfo hints = {};
  hints.ai_family = transport.family;
  hints.ai_socktype = transport.type;
  hints.ai_flags = flags | AI_NUMERICSERV;
  // glibc takes 69539 for 4003, so the port is checked before it sees it. Raw sockets have none.
  const bool has_port = transport.type != SOCK_RAW;
  const std::string number = has_port ? std::to_string(ParsePort(port)) : "";
  addrinfo* list = nullptr;
  const int result = getaddrinfo(host.c_str(), has_port ? number.c_str() : nullptr, &hints, &list);
  if (result == EAI_SYSTEM) throw Failure("resolve", host, errno);
  if (result != 0) throw Failure("resolve", host, std::string(gai_strerror(result)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);

  std::vector<Endpoint> endpoints;
  for (const addrinfo* found = list; found != nullptr; found = found->ai_next) {
    Endpoint endpoint;
    endpoint.family = found->ai_family;
    endpoint.type = transport.type;
    endpoint.length = found->ai_addrlen;
    std::memcpy(&endpoint.address, found->ai_addr, found->ai_addrlen);
    endpoint.name = has_port ? NameOf(endpoint.generic(), endpoint.length)
                             : HostOf(endpoint.generic(), endpoint.length);
    endpoints.push_back(endpoint);
  }
  return endpoints;
}

}  // namespace

std::string NameOf(const sockaddr* address, socklen_t length) {
  if (address->sa_family == AF_UNIX) return UnixNameOf(address, length);
  const std::string host = HostOf(address, length);
  char port[NI_MAXSERV] = "?";
  getnameinfo(address, length, nullptr, 0, port, sizeof port, NI_NUMERICSERV);
  return (address->sa_family == AF_INET6 ? "[" + host + "]" : host) + ":" + port;
}

std::uint16_t ParsePort(const std::string& text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stop != end) {
    throw UsageError("port '" + text + "' is not a number from 0 to 65535");
  }
  return port;
}

Endpoint LocalEndpoint(const std::string& transport, const std::string& address,
                       const std::string& port, const std::string& path) {
  const Transport& found = FindTransport(transport);
  if (found.type == SOCK_RAW) throw UsageError("no service is offered over " + transport);
  if (found.family == AF_UNIX) return UnixEndpoint(found, path);
  if (address.empty() && found.family == AF_UNSPEC) {
    return Lookup(found, HostHasIpv6() ? "::" : "0.0.0.0", port, AI_PASSIVE | AI_NUMERICHOST)
        .front();
  }
  if (address.empty()) throw UsageError(transport + " needs --address");
  return Lookup(found, address, port, AI_PASSIVE | AI_NUMERICHOST).front();
}

std::vector<Endpoint> RemoteEndpoints(const std::string& transport, const std::string& host,
                                      const std::string& port, const std::string& path) {
  const Transport& found = FindTransport(transport);
  if (found.family == AF_UNIX) return {UnixEndpoint(found, path)};
  if (host.empty()) throw UsageError(transport + " needs --host");
  return Lookup(found, host, port, 0);
}

}  // namespace sockspec::reference
