// type, code, checksum, group; in version 3 a list of groups.
#include "reference/igmp_message.h"

#include <arpa/inet.h>

#include <cstdint>
#include <iterator>

#include "reference/checksum.h"

namespace sockspec::reference {
namespace {

constexpr std::size_t kIgmpHeaderSize = 8;

std::string GroupText(std::string_view message, std::size_t offset) {
  in_addr address = {};
  address.s_addr = htonl(Get32(message, offset));
  char text[INET_ADDRSTRLEN];
  return inet_ntop(AF_INET, &address, text, sizeof text);
}

std::string QueryText(std::string_view message) {
  // Version 1 leaves the response time at 0; version 3 is longer.
  const char* const version = message.size() > kIgmpHeaderSize ? "3" : message[1] != 0 ? "2" : "1";
  const std::string group = GroupText(message, 4);
  return std::string("version ") + version + " query for " +
         (group == "0.0.0.0" ? "all groups" : group);
}

// RFC 3376 s.4.2: records of a type, the length of auxiliary data in words, the number of sources,
// a group, the sources and the auxiliary data.
std::optional<std::string> RecordsText(std::string_view message) {
  static constexpr const char* kTypes[] = {"includes",           "excludes", "changes to include",
                                           "changes to exclude", "allows",   "blocks"};
  std::string text = "version 3 report:";
  std::size_t offset = kIgmpHeaderSize;
  for (int records = Get16(message, 6); records > 0; --records) {
    if (message.size() - offset < 8) return std::nullopt;
    const auto type = static_cast<std::uint8_t>(message[offset]);
    const std::size_t words = static_cast<std::uint8_t>(message[offset + 1]);
    const std::size_t sources = Get16(message, offset + 2);
    const std::size_t size = 8 + 4 * (sources + words);
    if (message.size() - offset < size) return std::nullopt;
    // A record of an unknown type is skipped (s.4.2.12).
    if (type >= 1 && type <= std::size(kTypes)) {
      text += " " + GroupText(message, offset + 4) + " " + kTypes[type - 1] + " " +
              std::to_string(sources) + " sources";
      if (records > 1) text += ",";
    }
    offset += size;
  }
  return text;
}

}  // namespace

std::optional<std::string> IgmpText(std::string_view message) {
  if (message.size() < kIgmpHeaderSize || InternetChecksum(message) != 0) return std::nullopt;
  switch (static_cast<std::uint8_t>(message[0])) {
    case 0x11:
      return QueryText(message);
    case 0x12:
      return "version 1 report for " + GroupText(message, 4);
    case 0x16:
      return "version 2 report for " + GroupText(message, 4);
    case 0x17:
      return "version 2 leave of " + GroupText(message, 4);
    case 0x22:
      return RecordsText(message);
    default:
      return std::nullopt;
  }
}

}  // namespace sockspec::reference
