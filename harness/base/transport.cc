// Transports and roles by name.
#include "harness/base/transport.h"

#include <sys/socket.h>

namespace sockspec {
namespace {

struct Entry {
  Transport transport;
  std::string_view name;
  int family;
  int type;
};

constexpr Entry kEntries[] = {
    {Transport::kTcp4, "tcp4", AF_INET, SOCK_STREAM},
    {Transport::kTcp6, "tcp6", AF_INET6, SOCK_STREAM},
    {Transport::kUdp4, "udp4", AF_INET, SOCK_DGRAM},
    {Transport::kUdp6, "udp6", AF_INET6, SOCK_DGRAM},
    {Transport::kUnixStream, "unix-stream", AF_UNIX, SOCK_STREAM},
    {Transport::kUnixSeqpacket, "unix-seqpacket", AF_UNIX, SOCK_SEQPACKET},
    {Transport::kUnixDgram, "unix-dgram", AF_UNIX, SOCK_DGRAM},
    {Transport::kIcmp4, "icmp4", AF_INET, SOCK_RAW},
    {Transport::kIcmp6, "icmp6", AF_INET6, SOCK_RAW},
};

const Entry& Find(Transport transport) { return kEntries[static_cast<int>(transport)]; }

}  // namespace

std::string_view Name(Transport transport) { return Find(transport).name; }

std::optional<Transport> ParseTransport(std::string_view name) {
  for (const Entry& entry : kEntries) {
    if (entry.name == name) return entry.transport;
  }
  return std::nullopt;
}

const std::vector<Transport>& AllTransports() {
  static const std::vector<Transport> all = [] {
    std::vector<Transport> list;
    for (const Entry& entry : kEntries) list.push_back(entry.transport);
    return list;
  }();
  return all;
}

std::string_view Name(Role role) { return role == Role::kServer ? "server" : "client"; }

std::optional<Role> ParseRole(std::string_view name) {
  if (name == "server") return Role::kServer;
  if (name == "client") return Role::kClient;
  return std::nullopt;
}

int Family(Transport transport) { return Find(transport).family; }
int SocketType(Transport transport) { return Find(transport).type; }
bool IsTcp(Transport transport) {
  return transport == Transport::kTcp4 || transport == Transport::kTcp6;
}
bool IsUdp(Transport transport) {
  return transport == Transport::kUdp4 || transport == Transport::kUdp6;
}
bool IsRaw(Transport transport) { return SocketType(transport) == SOCK_RAW; }
bool IsUnix(Transport transport) { return Family(transport) == AF_UNIX; }
bool IsStream(Transport transport) {
  return IsTcp(transport) || transport == Transport::kUnixStream;
}

}  // namespace sockspec
