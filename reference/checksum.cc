// Sums and bytes.
#include "reference/checksum.h"

namespace sockspec::reference {
namespace {

std::uint8_t Byte(std::string_view bytes, std::size_t offset) {
  return static_cast<std::uint8_t>(bytes[offset]);
}

}  // namespace

std::uint16_t InternetChecksum(std::string_view bytes) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += Get16(bytes, i);
  if (bytes.size() % 2 == 1) sum += Byte(bytes, bytes.size() - 1) << 8;
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

void Put16(std::string& bytes, std::size_t offset, std::uint16_t value) {
  bytes[offset] = static_cast<char>(value >> 8);
  bytes[offset + 1] = static_cast<char>(value);
}

void Put32(std::string& bytes, std::size_t offset, std::uint32_t value) {
  Put16(bytes, offset, static_cast<std::uint16_t>(value >> 16));
  Put16(bytes, offset + 2, static_cast<std::uint16_t>(value));
}

std::uint16_t Get16(std::string_view bytes, std::size_t offset) {
  return static_cast<std::uint16_t>(Byte(bytes, offset) << 8 | Byte(bytes, offset + 1));
}

std::uint32_t Get32(std::string_view bytes, std::size_t offset) {
  return std::uint32_t{Get16(bytes, offset)} << 16 | Get16(bytes, offset + 2);
}

}  // namespace sockspec::reference
