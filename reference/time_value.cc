// Seconds since 1900 <-> seconds since 1970.
#include "reference/time_value.h"

#include <arpa/inet.h>

#include <cstdint>
#include <cstring>

namespace sockspec::reference {
namespace {

constexpr std::uint32_t kFrom1900To1970 = 2'208'988'800u;

}  // namespace

std::string TimeValue(std::time_t now) {
  const std::uint32_t value = htonl(static_cast<std::uint32_t>(now) + kFrom1900To1970);
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  return std::string(bytes, sizeof bytes);
}

std::optional<std::time_t> ParseTimeValue(std::string_view bytes) {
  std::uint32_t value;
  if (bytes.size() != sizeof value) return std::nullopt;
  std::memcpy(&value, bytes.data(), sizeof value);
  return static_cast<std::time_t>(ntohl(value) - kFrom1900To1970);
}

}  // namespace sockspec::reference
