// Transports, roles and levels: the words that every part of the house shares.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sockspec {

enum class Transport {
  kTcp4,
  kTcp6,
  kUdp4,
  kUdp6,
  kUnixStream,
  kUnixSeqpacket,
  kUnixDgram,
  kIcmp4,
  kIcmp6
};
enum class Role { kServer, kClient };

// "tcp4", "unix-stream", ...: the words of manifests, records and reports.
std::string_view Name(Transport transport);
std::optional<Transport> ParseTransport(std::string_view name);
const std::vector<Transport>& AllTransports();
std::string_view Name(Role role);
std::optional<Role> ParseRole(std::string_view name);

// AF_INET, AF_INET6 or AF_UNIX.
int Family(Transport transport);
// SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET or SOCK_RAW.
int SocketType(Transport transport);
bool IsTcp(Transport transport);
bool IsUdp(Transport transport);
bool IsUnix(Transport transport);
bool IsRaw(Transport transport);
// Connection-oriented and a byte stream: tcp4, tcp6, unix-stream.
bool IsStream(Transport transport);

}  // namespace sockspec
