// Socket tables as /proc/net prints them: the fallback where the kernel has no sock_diag.
#include "harness/kernel/proc_net.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <charconv>
#include <iterator>
#include <string>

#include "harness/kernel/proc_file.h"

namespace sockspec {
namespace {

template <typename Number>
bool Parse(std::string_view text, Number& value, int base) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, base);
  return error == std::errc() && rest == end;
}

// "0100007F:000D": the words of the address as this machine's numbers, and the port.
bool ParseEnd(std::string_view text, int family, std::string& printed, int& port) {
  const std::size_t words = family == AF_INET ? 1 : 4;
  if (text.size() != 8 * words + 5 || text[8 * words] != ':') return false;
  std::uint32_t word[4] = {};
  for (std::size_t i = 0; i < words; ++i) {
    if (!Parse(text.substr(8 * i, 8), word[i], 16)) return false;
  }
  if (!Parse(text.substr(8 * words + 1), port, 16)) return false;
  const in_port_t network_port = htons(static_cast<std::uint16_t>(port));
  if (family == AF_INET) {
    sockaddr_in address{.sin_family = AF_INET, .sin_port = network_port};
    address.sin_addr.s_addr = word[0];
    printed = PrintAddress(reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } else {
    sockaddr_in6 address{.sin6_family = AF_INET6, .sin6_port = network_port};
    memcpy(&address.sin6_addr, word, sizeof address.sin6_addr);
    printed = PrintAddress(reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  return true;
}

bool ParseInetLine(std::string_view line, int family, InetSocket& socket) {
  SocketRow& row = socket.row;
  NextField(line);  // number of the line
  if (!ParseEnd(NextField(line), family, row.local, socket.local_port)) return false;
  if (!ParseEnd(NextField(line), family, row.remote, socket.remote_port)) return false;
  if (socket.remote_port == 0) row.remote.clear();
  int state = 0;
  if (!Parse(NextField(line), state, 16)) return false;
  row.state = TcpStateName(state);
  const std::string_view queues = NextField(line);  // "00000000:00000000": to send, to read
  const std::size_t colon = queues.find(':');
  if (colon == std::string_view::npos || !Parse(queues.substr(0, colon), row.send_queue, 16) ||
      !Parse(queues.substr(colon + 1), row.receive_queue, 16)) {
    return false;
  }
  if (state == TCP_LISTEN) row.send_queue = -1;
  for (int skipped = 0; skipped < 4; ++skipped) NextField(line);  // timers, user
  return Parse(NextField(line), row.inode, 10);
}

bool ParseUnixLine(std::string_view line, UnixSocket& socket) {
  constexpr unsigned kListens = 1U << 16;                         // __SO_ACCEPTCON
  constexpr unsigned kConnected = 3;                              // SS_CONNECTED
  for (int skipped = 0; skipped < 3; ++skipped) NextField(line);  // address, references, protocol
  unsigned flags = 0;
  unsigned state = 0;
  if (!Parse(NextField(line), flags, 16) || !Parse(NextField(line), socket.type, 16) ||
      !Parse(NextField(line), state, 16) || !Parse(NextField(line), socket.row.inode, 10)) {
    return false;
  }
  socket.row.state = (flags & kListens) != 0 ? "LISTEN"
                     : state == kConnected   ? "ESTABLISHED"
                                             : "UNCONNECTED";
  socket.row.datagrams = socket.type == SOCK_DGRAM;
  socket.row.receive_queue = -1;
  socket.row.send_queue = -1;
  // A name may hold spaces: it is all that follows one space.
  if (!line.empty()) socket.row.local = line.substr(1);
  return true;
}

}  // namespace

std::string TcpStateName(int state) {
  static constexpr std::string_view kNames[] = {
      "",      "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
      "CLOSE", "CLOSE_WAIT",  "LAST_ACK", "LISTEN",   "CLOSING",   "SYN_RECV"};
  if (state < 1 || state >= static_cast<int>(std::size(kNames))) {
    return fmt::format("STATE {}", state);
  }
  return std::string(kNames[state]);
}

std::vector<InetSocket> ParseProcInet(std::string_view table, int family,
                                      const std::function<bool(const InetSocket&)>& wanted) {
  std::vector<InetSocket> sockets;
  NextLine(table);  // headings
  while (!table.empty()) {
    InetSocket socket;
    if (ParseInetLine(NextLine(table), family, socket) && wanted(socket)) {
      sockets.push_back(std::move(socket));
    }
  }
  return sockets;
}

std::vector<UnixSocket> ParseProcUnix(std::string_view table) {
  std::vector<UnixSocket> sockets;
  NextLine(table);  // headings
  while (!table.empty()) {
    UnixSocket socket;
    if (ParseUnixLine(NextLine(table), socket)) sockets.push_back(std::move(socket));
  }
  return sockets;
}

}  // namespace sockspec
