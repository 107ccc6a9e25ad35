// Headers, sums and words.
#include "harness/base/raw_packet.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/icmp6.h>
#include <netinet/igmp.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include <stdexcept>

#include "harness/base/text.h"

namespace sockspec {
namespace {

constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;
constexpr std::size_t kWord = 4;

std::string AddressBytes(int family, const std::string& address) {
  char bytes[sizeof(in6_addr)];
  if (inet_pton(family, address.c_str(), bytes) != 1) {
    throw std::invalid_argument(fmt::format("{} is no address", Quote(address)));
  }
  return {bytes, family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr)};
}

std::string AddressText(int family, std::string_view bytes) {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(family, bytes.data(), text, sizeof text);
}

// RFC 8200 s.8.1.
std::string PseudoHeader(const RawPacket& packet) {
  std::string header =
      AddressBytes(AF_INET6, packet.source) + AddressBytes(AF_INET6, packet.destination);
  header.resize(header.size() + 8);
  PutNumber32(&header, header.size() - 8, static_cast<std::uint32_t>(packet.message.size()));
  header.back() = static_cast<char>(packet.protocol);
  return header;
}

std::uint16_t ChecksumOf(const RawPacket& packet) {
  const bool covers_addresses = packet.protocol == IPPROTO_ICMPV6;
  return InternetChecksum((covers_addresses ? PseudoHeader(packet) : "") + packet.message);
}

struct TypeName {
  int protocol, type;
  const char* name;
  bool numbered;  // has an identifier and a sequence number
};
constexpr TypeName kTypes[] = {
    {IPPROTO_ICMP, ICMP_ECHO, "ICMP echo request", true},
    {IPPROTO_ICMP, ICMP_ECHOREPLY, "ICMP echo reply", true},
    {IPPROTO_ICMP, ICMP_TIMESTAMP, "ICMP timestamp request", true},
    {IPPROTO_ICMP, ICMP_TIMESTAMPREPLY, "ICMP timestamp reply", true},
    {IPPROTO_ICMP, ICMP_DEST_UNREACH, "ICMP destination unreachable", false},
    {IPPROTO_ICMPV6, ICMP6_ECHO_REQUEST, "ICMPv6 echo request", true},
    {IPPROTO_ICMPV6, ICMP6_ECHO_REPLY, "ICMPv6 echo reply", true},
    {IPPROTO_ICMPV6, ICMP6_DST_UNREACH, "ICMPv6 destination unreachable", false},
    {IPPROTO_IGMP, IGMP_V2_MEMBERSHIP_REPORT, "IGMP version 2 report", false},
};

const char* ProtocolName(int protocol) {
  if (protocol == IPPROTO_ICMP) return "ICMP";
  return protocol == IPPROTO_ICMPV6 ? "ICMPv6" : "IGMP";
}

// The message in words.
std::string Words(const RawPacket& packet) {
  const std::string& message = packet.message;
  std::string text = fmt::format("{} of type {}", ProtocolName(packet.protocol),
                                 static_cast<int>(ByteAt(message, 0)));
  bool numbered = false;
  for (const TypeName& known : kTypes) {
    if (message.empty() || known.protocol != packet.protocol || known.type != ByteAt(message, 0)) {
      continue;
    }
    text = known.name;
    numbered = known.numbered && message.size() >= kIcmpData;
  }
  const bool has_code = packet.protocol != IPPROTO_IGMP;
  if (has_code && ByteAt(message, 1) != 0) {
    text += fmt::format(", code {}", static_cast<int>(ByteAt(message, 1)));
  }
  if (numbered) {
    text += fmt::format(", identifier {}, sequence {}", Number16At(message, kIcmpIdentifier),
                        Number16At(message, kIcmpSequence));
  }
  if (packet.protocol == IPPROTO_IGMP && message.size() >= kIcmpData) {
    text += " for " + AddressText(AF_INET, std::string_view(message).substr(kWord, kWord));
  }
  text += fmt::format(", {} byte{}", message.size(), message.size() == 1 ? "" : "s");
  if (!HasRightChecksum(packet)) text += ", wrong checksum";
  if (!packet.options.empty()) {
    text += fmt::format(", IP header of {} bytes", kIpv4Header + packet.options.size());
  }
  return text;
}

}  // namespace

std::uint8_t ByteAt(std::string_view message, std::size_t offset) {
  return offset < message.size() ? static_cast<std::uint8_t>(message[offset]) : 0;
}

std::uint16_t Number16At(std::string_view message, std::size_t offset) {
  return static_cast<std::uint16_t>(ByteAt(message, offset) << 8 | ByteAt(message, offset + 1));
}

std::uint32_t Number32At(std::string_view message, std::size_t offset) {
  return std::uint32_t{Number16At(message, offset)} << 16 | Number16At(message, offset + 2);
}

void PutNumber16(std::string* message, std::size_t offset, std::uint16_t value) {
  message->at(offset) = static_cast<char>(value >> 8);
  message->at(offset + 1) = static_cast<char>(value & 0xff);
}

void PutNumber32(std::string* message, std::size_t offset, std::uint32_t value) {
  PutNumber16(message, offset, static_cast<std::uint16_t>(value >> 16));
  PutNumber16(message, offset + 2, static_cast<std::uint16_t>(value & 0xffff));
}

std::uint16_t InternetChecksum(std::string_view bytes) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) sum += Number16At(bytes, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

bool HasRightChecksum(const RawPacket& packet) {
  return packet.message.size() >= kIcmpChecksum + 2 && ChecksumOf(packet) == 0;
}

void SetChecksum(RawPacket* packet) {
  PutNumber16(&packet->message, kIcmpChecksum, 0);
  PutNumber16(&packet->message, kIcmpChecksum, ChecksumOf(*packet));
}

std::string EncodePacket(const RawPacket& packet) {
  const std::string addresses =
      AddressBytes(packet.family, packet.source) + AddressBytes(packet.family, packet.destination);
  std::string header;
  if (packet.family == AF_INET) {
    const std::size_t size = kIpv4Header + packet.options.size();
    header.resize(kIpv4Header - addresses.size());
    header[0] = static_cast<char>(0x40 | size / kWord);
    header[1] = static_cast<char>(packet.type_of_service);
    PutNumber16(&header, 2, static_cast<std::uint16_t>(size + packet.message.size()));
    header[8] = static_cast<char>(packet.hops);
    header[9] = static_cast<char>(packet.protocol);
    header += addresses + packet.options;
  } else {
    header.resize(kIpv6Header - addresses.size());
    header[0] = 0x60;
    PutNumber16(&header, 4, static_cast<std::uint16_t>(packet.message.size()));
    header[6] = static_cast<char>(packet.protocol);
    header[7] = static_cast<char>(packet.hops);
    header += addresses;
  }
  return header + packet.message;
}

std::optional<RawPacket> DecodePacket(std::string_view bytes) {
  const int version = ByteAt(bytes, 0) >> 4;
  RawPacket packet;
  if (version == 4 && bytes.size() >= kIpv4Header) {
    const std::size_t size = std::size_t{ByteAt(bytes, 0) & 0x0fu} * kWord;
    if (size < kIpv4Header || size > bytes.size()) return std::nullopt;
    packet.family = AF_INET;
    packet.type_of_service = ByteAt(bytes, 1);
    packet.hops = ByteAt(bytes, 8);
    packet.protocol = ByteAt(bytes, 9);
    packet.source = AddressText(AF_INET, bytes.substr(12));
    packet.destination = AddressText(AF_INET, bytes.substr(16));
    packet.options = bytes.substr(kIpv4Header, size - kIpv4Header);
    packet.message = bytes.substr(size);
    return packet;
  }
  if (version != 6 || bytes.size() < kIpv6Header) return std::nullopt;
  packet.family = AF_INET6;
  packet.protocol = ByteAt(bytes, 6);
  packet.hops = ByteAt(bytes, 7);
  packet.source = AddressText(AF_INET6, bytes.substr(8));
  packet.destination = AddressText(AF_INET6, bytes.substr(24));
  packet.message = bytes.substr(kIpv6Header);
  return packet;
}

std::string DescribePacket(std::string_view bytes) {
  const std::optional<RawPacket> packet = DecodePacket(bytes);
  if (!packet) return fmt::format("{} bytes that are no packet", bytes.size());
  return fmt::format("{}, from {} to {}", Words(*packet), packet->source, packet->destination);
}

}  // namespace sockspec
