// Socket addresses: built from a transport's words, and printed.
#include "harness/base/socket_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <stdexcept>

namespace sockspec {
namespace {

constexpr std::size_t kPathOffset = offsetof(sockaddr_un, sun_path);

template <typename Sockaddr>
SocketAddress Wrap(const Sockaddr& address, std::size_t length = sizeof(Sockaddr)) {
  SocketAddress out;
  memcpy(&out.storage, &address, sizeof address);
  out.length = static_cast<socklen_t>(length);
  return out;
}

SocketAddress MakeUnix(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX};
  if (path.empty()) throw std::invalid_argument("the path of a UNIX address is empty");
  if (path.size() > sizeof address.sun_path) {
    throw std::invalid_argument(fmt::format("the path of a UNIX address has {} bytes, {} fit",
                                            path.size(), sizeof address.sun_path));
  }
  memcpy(address.sun_path, path.data(), path.size());
  if (path[0] == '@') {
    address.sun_path[0] = '\0';
    return Wrap(address, kPathOffset + path.size());
  }
  if (path.find('\0') != std::string::npos) {
    throw std::invalid_argument("the path of a UNIX address contains a zero byte");
  }
  const bool terminated = path.size() < sizeof address.sun_path;
  return Wrap(address, kPathOffset + path.size() + (terminated ? 1 : 0));
}

std::uint32_t ScopeOf(const std::string& scope) {
  std::uint32_t index = 0;
  const char* end = scope.data() + scope.size();
  if (const auto [rest, error] = std::from_chars(scope.data(), end, index);
      error == std::errc() && rest == end) {
    return index;
  }
  index = if_nametoindex(scope.c_str());
  if (index == 0) throw std::invalid_argument(fmt::format("no interface is named \"{}\"", scope));
  return index;
}

SocketAddress MakeInet6(const std::string& host, std::uint16_t port) {
  sockaddr_in6 address{.sin6_family = AF_INET6, .sin6_port = htons(port)};
  const std::size_t percent = host.find('%');
  if (inet_pton(AF_INET6, host.substr(0, percent).c_str(), &address.sin6_addr) != 1) {
    throw std::invalid_argument(fmt::format("\"{}\" is no numeric IPv6 address", host));
  }
  if (percent != std::string::npos) address.sin6_scope_id = ScopeOf(host.substr(percent + 1));
  return Wrap(address);
}

SocketAddress MakeInet4(const std::string& host, std::uint16_t port) {
  sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port)};
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    throw std::invalid_argument(fmt::format("\"{}\" is no numeric IPv4 address", host));
  }
  return Wrap(address);
}

std::string PrintInet4(const sockaddr_in& address) {
  char host[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &address.sin_addr, host, sizeof host);
  return fmt::format("{}:{}", host, ntohs(address.sin_port));
}

std::string PrintInet6(const sockaddr_in6& address) {
  char host[INET6_ADDRSTRLEN];
  inet_ntop(AF_INET6, &address.sin6_addr, host, sizeof host);
  const std::string scope =
      address.sin6_scope_id != 0 ? fmt::format("%{}", address.sin6_scope_id) : "";
  return fmt::format("[{}{}]:{}", host, scope, ntohs(address.sin6_port));
}

std::string PrintUnix(const sockaddr_un& address, std::size_t length) {
  if (length <= kPathOffset) return "unnamed";
  const std::size_t size = std::min(length - kPathOffset, sizeof address.sun_path);
  if (address.sun_path[0] == '\0') return "@" + std::string(address.sun_path + 1, size - 1);
  return std::string(address.sun_path, strnlen(address.sun_path, size));
}

}  // namespace

int SocketAddress::port() const {
  switch (storage.ss_family) {
    case AF_INET:
      return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
    case AF_INET6:
      return ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
    default:
      return 0;
  }
}

SocketAddress MakeAddress(Transport transport, const std::string& host, int port) {
  if (IsUnix(transport)) return MakeUnix(host);
  if (port < 0 || port > 65535) throw std::invalid_argument(fmt::format("{} is no port", port));
  // inet_pton() would stop reading there.
  if (host.find('\0') != std::string::npos) {
    throw std::invalid_argument("the address contains a zero byte");
  }
  const auto number = static_cast<std::uint16_t>(port);
  return Family(transport) == AF_INET6 ? MakeInet6(host, number) : MakeInet4(host, number);
}

std::string PrintAddress(const sockaddr* address, socklen_t length) {
  SocketAddress copy;  // what a program passed may be unaligned and shorter than its family says
  copy.length = static_cast<socklen_t>(std::min<std::size_t>(length, sizeof copy.storage));
  if (copy.length < sizeof(sa_family_t)) return "unnamed";
  memcpy(&copy.storage, address, copy.length);
  switch (copy.storage.ss_family) {
    case AF_INET:
      if (copy.length < sizeof(sockaddr_in)) return fmt::format("AF_INET in {} bytes", length);
      return PrintInet4(reinterpret_cast<const sockaddr_in&>(copy.storage));
    case AF_INET6:
      // The kernel takes one without sin6_scope_id, which RFC 2133 did not have.
      if (copy.length < offsetof(sockaddr_in6, sin6_scope_id)) {
        return fmt::format("AF_INET6 in {} bytes", length);
      }
      return PrintInet6(reinterpret_cast<const sockaddr_in6&>(copy.storage));
    case AF_UNIX:
      return PrintUnix(reinterpret_cast<const sockaddr_un&>(copy.storage), copy.length);
    case AF_UNSPEC:
      return "unspecified";
    default:
      return fmt::format("family {}", copy.storage.ss_family);
  }
}

std::string PrintAddress(const SocketAddress& address) {
  return PrintAddress(address.get(), address.length);
}

}  // namespace sockspec
