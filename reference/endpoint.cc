// Endpoints from text. getaddrinfo fills the IPv4 and IPv6 structures, byte order and scope
// included.
#include "reference/endpoint.h"

#include <netdb.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

#include "reference/failure.h"

namespace sockspec::reference {
namespace {

struct Transport {
  std::string_view word;
  int family;
  int type;
};

constexpr std::array kTransports = {
    Transport{"tcp4", AF_INET, SOCK_STREAM},
    Transport{"tcp6", AF_INET6, SOCK_STREAM},
    Transport{"unix-stream", AF_UNIX, SOCK_STREAM},
};

const Transport& FindTransport(const std::string& word) {
  for (const Transport& transport : kTransports) {
    if (transport.word == word) return transport;
  }
  throw UsageError("unknown transport '" + word + "'");
}

// Numbers change from system to system, so a family without a name here is not tried by number.
void RefuseAppleTalk() {
#ifdef AF_APPLETALK
  const int probe = socket(AF_APPLETALK, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) throw Failure("socket", "AppleTalk (AF_APPLETALK)", errno);
  close(probe);
#endif
  throw Failure("socket", "AppleTalk (AF_APPLETALK)", "this program does not serve the family");
}

Endpoint UnixEndpoint(const Transport& transport, const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty()) throw UsageError("unix-stream needs --path");
  // The last byte stays for the terminator: a longer path is refused, never cut.
  if (path.size() >= sizeof address.sun_path) throw Failure("path", path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());

  Endpoint endpoint;
  endpoint.family = transport.family;
  endpoint.type = transport.type;
  endpoint.length = offsetof(sockaddr_un, sun_path) + path.size() + 1;
  std::memcpy(&endpoint.address, &address, sizeof address);
  endpoint.path = path;
  endpoint.name = path;
  return endpoint;
}

std::string NameOf(const addrinfo& found) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  const int result = getnameinfo(found.ai_addr, found.ai_addrlen, host, sizeof host, port,
                                 sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
  if (result != 0) return "(unprintable address)";
  const std::string text = found.ai_family == AF_INET6 ? "[" + std::string(host) + "]" : host;
  return text + ":" + port;
}

std::vector<Endpoint> Lookup(const Transport& transport, const std::string& host,
                             const std::string& port, int flags) {
  addrinfo hints = {};
  hints.ai_family = transport.family;
  hints.ai_socktype = transport.type;
  hints.ai_flags = flags | AI_NUMERICSERV;
  // glibc takes 69539 for 4003, so the port is checked before it sees it.
  const std::string number = std::to_string(ParsePort(port));
  addrinfo* list = nullptr;
  const int result = getaddrinfo(host.c_str(), number.c_str(), &hints, &list);
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
    endpoint.name = NameOf(*found);
    endpoints.push_back(endpoint);
  }
  return endpoints;
}

}  // namespace

std::uint16_t ParsePort(const std::string& text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stop != end) {
    throw UsageError("port '" + text + "' is not a number from 0 to 65535");
  }
  return port;
}

void RequireTransport(const std::string& transport) {
  if (transport == "appletalk") RefuseAppleTalk();
  // Linux has no AF_PUP: there is no number that could be tried.
  if (transport == "pup") throw Failure("socket", "PUP (AF_PUP)", EAFNOSUPPORT);
  FindTransport(transport);
}

Endpoint LocalEndpoint(const std::string& transport, const std::string& address,
                       const std::string& port, const std::string& path) {
  const Transport& found = FindTransport(transport);
  if (found.family == AF_UNIX) return UnixEndpoint(found, path);
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
