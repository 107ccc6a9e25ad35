// What hosts and routers tell each other about multicast groups: IGMP, RFC 1112, 2236 and 3376.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sockspec::reference {

// "version 2 report for 239.1.2.3", or nothing: a type that is not known, a message that is cut
// short, a wrong checksum. `message` begins with the IGMP header.
std::optional<std::string> IgmpText(std::string_view message);

}  // namespace sockspec::reference
