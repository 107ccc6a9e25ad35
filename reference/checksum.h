// The checksum of IP, ICMP and IGMP (RFC 1071), and numbers as the network writes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sockspec::reference {

// The one's complement of the one's complement sum of all 16-bit words; an odd byte at the end is
// followed by a zero byte. To send: compute it with the field zero, then put it there. To check:
// over a whole good message it is 0.
std::uint16_t InternetChecksum(std::string_view bytes);

// Most significant byte first. There must be room for it in `bytes`.
void Put16(std::string& bytes, std::size_t offset, std::uint16_t value);
void Put32(std::string& bytes, std::size_t offset, std::uint32_t value);
std::uint16_t Get16(std::string_view bytes, std::size_t offset);
std::uint32_t Get32(std::string_view bytes, std::size_t offset);

}  // namespace sockspec::reference
