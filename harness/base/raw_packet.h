// Packets of IP that carry ICMP, ICMPv6 or IGMP: built, taken apart, and told in words.
//
// RFC 791 and 8200 (headers), RFC 792 (ICMP), RFC 4443 (ICMPv6), RFC 2236 (IGMP), RFC 1071 (the
// checksum of all of them).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sockspec {

struct RawPacket {
  int family = 0;                   // AF_INET or AF_INET6
  int protocol = 0;                 // IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_IGMP
  std::string source, destination;  // numeric
  std::string options = {};         // of an IPv4 header; whole words of 4 bytes
  int type_of_service = 0;          // IPv4
  int hops = 64;                    // time to live, hop limit
  std::string message = {};         // all that follows the header

  friend bool operator==(const RawPacket&, const RawPacket&) = default;
};

// The type of service of packets over IPv4 to which the kernel has no way back, where the harness
// plays a host: it takes that of a request for its reply (icmp_reply() in net/ipv4/icmp.c).
inline constexpr int kUnanswerable = 4;

// The bytes, with a whole header, but for the checksum of an IPv4 header, which is 0: the kernel
// fills it in. Throws std::invalid_argument for what is no address.
std::string EncodePacket(const RawPacket& packet);
// Nothing for what has no whole header of IPv4 or IPv6. What the header says of the length does not
// count.
std::optional<RawPacket> DecodePacket(std::string_view bytes);

// The one's complement of the one's complement sum; an odd byte at the end counts as followed by a
// zero.
std::uint16_t InternetChecksum(std::string_view bytes);
// Of a message that holds its checksum; that of ICMPv6 covers the addresses as well. False for one
// of fewer than 4 bytes.
bool HasRightChecksum(const RawPacket& packet);
// Puts it at its place, which must be there.
void SetChecksum(RawPacket* packet);

// Fields of a message, in network order; 0 where it is too short.
std::uint8_t ByteAt(std::string_view message, std::size_t offset);
std::uint16_t Number16At(std::string_view message, std::size_t offset);
std::uint32_t Number32At(std::string_view message, std::size_t offset);
// There must be room.
void PutNumber16(std::string* message, std::size_t offset, std::uint16_t value);
void PutNumber32(std::string* message, std::size_t offset, std::uint32_t value);

// Where an echo or timestamp message of ICMP and ICMPv6 has its fields.
inline constexpr std::size_t kIcmpChecksum = 2;
inline constexpr std::size_t kIcmpIdentifier = 4;
inline constexpr std::size_t kIcmpSequence = 6;
inline constexpr std::size_t kIcmpData = 8;

// "ICMP timestamp request, identifier 4660, sequence 1, 20 bytes from 192.0.2.7 to 198.51.100.7".
std::string DescribePacket(std::string_view bytes);

}  // namespace sockspec
