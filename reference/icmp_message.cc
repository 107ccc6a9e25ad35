// type, code, checksum, identifier, sequence number, data.
#include "reference/icmp_message.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include <cstdio>

#include "reference/checksum.h"

namespace sockspec::reference {
namespace {

constexpr std::size_t kChecksum = 2;
constexpr std::size_t kIdentifier = 4;
constexpr std::size_t kSequence = 6;
constexpr std::size_t kIcmpHeaderSize = 8;

}  // namespace

IcmpExchange EchoExchange(int family, std::uint16_t identifier, std::uint16_t sequence) {
  // As long as ping's, so that it is treated alike on the way.
  constexpr int kDataSize = 56;
  IcmpExchange exchange;
  exchange.request_type = family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
  exchange.reply_type = family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
  exchange.identifier = identifier;
  exchange.sequence = sequence;
  for (int i = 0; i < kDataSize; ++i) exchange.data.push_back(static_cast<char>(i));
  return exchange;
}

IcmpExchange TimestampExchange(std::uint16_t identifier, std::uint16_t sequence,
                               std::uint32_t now) {
  IcmpExchange exchange = {ICMP_TIMESTAMP, ICMP_TIMESTAMPREPLY, identifier, sequence, {}};
  exchange.data.assign(12, '\0');
  Put32(exchange.data, 0, now);
  return exchange;
}

std::string RequestMessage(const IcmpExchange& exchange) {
  std::string message(kIcmpHeaderSize, '\0');
  message[0] = static_cast<char>(exchange.request_type);
  Put16(message, kIdentifier, exchange.identifier);
  Put16(message, kSequence, exchange.sequence);
  message += exchange.data;
  Put16(message, kChecksum, InternetChecksum(message));
  return message;
}

std::optional<std::string_view> ReplyData(const IcmpExchange& exchange, std::string_view message) {
  if (message.size() != kIcmpHeaderSize + exchange.data.size()) return std::nullopt;
  const bool checked_by_kernel = exchange.reply_type == ICMP6_ECHO_REPLY;
  if (!checked_by_kernel && InternetChecksum(message) != 0) return std::nullopt;
  if (static_cast<std::uint8_t>(message[0]) != exchange.reply_type || message[1] != 0 ||
      Get16(message, kIdentifier) != exchange.identifier ||
      Get16(message, kSequence) != exchange.sequence) {
    return std::nullopt;
  }
  const std::string_view data = message.substr(kIcmpHeaderSize);
  // An echo's data must come back unchanged.
  const bool filled_in = exchange.reply_type == ICMP_TIMESTAMPREPLY;
  if (!filled_in && data != exchange.data) return std::nullopt;
  return data;
}

std::optional<std::string_view> Ipv4Payload(std::string_view packet) {
  constexpr std::size_t kLeast = 20;
  if (packet.size() < kLeast) return std::nullopt;
  const auto first = static_cast<std::uint8_t>(packet[0]);
  const std::size_t header = std::size_t{first & 0x0Fu} * 4;
  if (first >> 4 != 4 || header < kLeast || header > packet.size()) return std::nullopt;
  return packet.substr(header);
}

Timestamps ParseTimestamps(std::string_view data) {
  return {Get32(data, 0), Get32(data, 4), Get32(data, 8)};
}

std::string TimestampText(std::uint32_t value) {
  constexpr std::uint32_t kDay = 24 * 60 * 60 * 1000;
  const std::string number = std::to_string(value);
  // The highest bit says so, or the day has no such millisecond.
  if (value >= kDay) return number + " (not standard)";
  char text[40];
  std::snprintf(text, sizeof text, " (%02u:%02u:%02u.%03u UT)", value / 3'600'000,
                value / 60'000 % 60, value / 1000 % 60, value % 1000);
  return number + text;
}

}  // namespace sockspec::reference
