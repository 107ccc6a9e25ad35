// socket, connect, send, recv.
#include "reference/icmp_client.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <optional>

#include "reference/connecting.h"
#include "reference/failure.h"
#include "reference/icmp_message.h"
#include "reference/raw_socket.h"

namespace sockspec::reference {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

constexpr std::size_t kLongestPacket = 65535;

std::uint32_t MillisecondsSinceMidnight() {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  constexpr std::time_t kDay = 24 * 60 * 60;
  return static_cast<std::uint32_t>(now.tv_sec % kDay * 1000 + now.tv_nsec / 1'000'000);
}

// Asks the kernel for echo replies alone: ICMPv6 carries neighbour discovery as well.
void PassEchoRepliesAlone(int socket) {
  icmp6_filter filter;
  ICMP6_FILTER_SETBLOCKALL(&filter);
  ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
  if (setsockopt(socket, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter) < 0) {
    throw Failure("setsockopt", "ICMP6_FILTER", errno);
  }
}

// The next packet, or nothing when the time is over. Throws Failure.
std::optional<std::string> ReceivePacket(int socket, const Endpoint& endpoint, int milliseconds) {
  pollfd wait = {socket, POLLIN, 0};
  int count;
  while ((count = poll(&wait, 1, milliseconds)) < 0) {
    if (errno != EINTR) throw Failure("poll", endpoint.name, errno);
  }
  if (count == 0) return std::nullopt;
  std::string packet(kLongestPacket, '\0');
  const ssize_t size = recv(socket, packet.data(), packet.size(), 0);
  if (size < 0 && errno != EINTR) throw Failure("recv", endpoint.name, errno);
  packet.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return packet;
}

// The data of the reply. Throws Failure, also where none comes in time.
std::string AwaitReply(int socket, const Endpoint& endpoint, const IcmpExchange& exchange,
                       int timeout) {
  const Clock::time_point end = Clock::now() + std::chrono::seconds(timeout);
  while (true) {
    // Other packets come in between: what counts is the time since the request.
    const auto left = std::chrono::ceil<Milliseconds>(end - Clock::now()).count();
    const int wait = timeout == 0 ? -1 : static_cast<int>(std::max<std::int64_t>(left, 0));
    const std::optional<std::string> packet = ReceivePacket(socket, endpoint, wait);
    if (!packet) throw Failure("recv", endpoint.name, ETIMEDOUT);
    // IPv6 headers are not delivered.
    const std::optional<std::string_view> message =
        endpoint.family == AF_INET ? Ipv4Payload(*packet) : std::string_view(*packet);
    if (!message) continue;
    if (const auto data = ReplyData(exchange, *message)) return std::string(*data);
  }
}

std::string ReplyText(const IcmpExchange& exchange, std::string_view data, Clock::duration time) {
  char text[80];
  std::snprintf(text, sizeof text, "sequence %u, %zu bytes of data, %.3f ms", exchange.sequence,
                data.size(), std::chrono::duration<double, std::milli>(time).count());
  return text;
}

std::string TimesText(std::string_view data) {
  const Timestamps times = ParseTimestamps(data);
  return "originate " + TimestampText(times.originate) + ", receive " +
         TimestampText(times.receive) + ", transmit " + TimestampText(times.transmit);
}

}  // namespace

void AskByIcmp(const ClientOptions& options, const Endpoint& endpoint) {
  const bool v4 = endpoint.family == AF_INET;
  const Descriptor socket = v4 ? MakeRawSocket(AF_INET, IPPROTO_ICMP, "ICMP")
                               : MakeRawSocket(AF_INET6, IPPROTO_ICMPV6, "ICMPv6");
  if (!v4) PassEchoRepliesAlone(socket.get());
  // From now on packets from elsewhere are not delivered.
  if (!Connect(socket.get(), endpoint)) throw Failure("connect", endpoint.name, errno);

  const auto identifier = static_cast<std::uint16_t>(getpid());
  for (int i = 1; i <= std::max(options.count, 1); ++i) {
    const auto sequence = static_cast<std::uint16_t>(i);
    const bool echo = options.service == "icmp-echo";
    const IcmpExchange exchange =
        echo ? EchoExchange(endpoint.family, identifier, sequence)
             : TimestampExchange(identifier, sequence, MillisecondsSinceMidnight());
    const std::string request = RequestMessage(exchange);
    const Clock::time_point start = Clock::now();
    if (send(socket.get(), request.data(), request.size(), 0) < 0) {
      throw Failure("send", endpoint.name, errno);
    }
    const std::string data = AwaitReply(socket.get(), endpoint, exchange, options.timeout);
    PrintLine(endpoint.name + ": " +
              (echo ? ReplyText(exchange, data, Clock::now() - start) : TimesText(data)));
  }
}

}  // namespace sockspec::reference
