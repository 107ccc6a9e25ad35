// Messages of ICMP (RFC 792) and ICMPv6 (RFC 4443) as bytes: requests to send, replies to check.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sockspec::reference {

// How a reply is recognised: a raw socket gets everybody's messages, its own requests among them.
struct IcmpExchange {
  std::uint8_t request_type = 0;
  std::uint8_t reply_type = 0;
  std::uint16_t identifier = 0;
  std::uint16_t sequence = 0;
  std::string data;  // what follows the header of 8 bytes
};

// "ping": the data comes back unchanged. `family` is AF_INET or AF_INET6.
IcmpExchange EchoExchange(int family, std::uint16_t identifier, std::uint16_t sequence);

// Asks for the other host's time of day. `now` is ours, in milliseconds since midnight UT.
IcmpExchange TimestampExchange(std::uint16_t identifier, std::uint16_t sequence, std::uint32_t now);

// The request's bytes, with the checksum. (For ICMPv6 the kernel puts its own in place: that one
// covers addresses too.)
std::string RequestMessage(const IcmpExchange& exchange);

// The data of the reply to that request; nothing for any other message, cut or damaged ones too.
// `message` begins with the ICMP header. The checksum of ICMPv6 is the kernel's affair.
std::optional<std::string_view> ReplyData(const IcmpExchange& exchange, std::string_view message);

// What follows the IPv4 header, which raw sockets deliver as well and which may hold options.
// Nothing if that is no whole IPv4 header.
std::optional<std::string_view> Ipv4Payload(std::string_view packet);

// The three times in a timestamp reply's data, as they came: milliseconds since midnight UT, or
// anything at all where the highest bit is set.
struct Timestamps {
  std::uint32_t originate = 0;
  std::uint32_t receive = 0;
  std::uint32_t transmit = 0;
};
Timestamps ParseTimestamps(std::string_view data);

// "43200000 (12:00:00.000 UT)", "2147483653 (not standard)".
std::string TimestampText(std::uint32_t value);

}  // namespace sockspec::reference
