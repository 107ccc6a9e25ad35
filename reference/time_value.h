// The time service, RFC 868: the seconds since 1900 as 4 bytes.
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace sockspec::reference {

// Most significant byte first. After 2036 the value begins anew, as 32 bits must.
std::string TimeValue(std::time_t now);

// The time that 4 such bytes mean: from 1970-01-01 on, so that it holds until 2106. Nothing unless
// there are 4.
std::optional<std::time_t> ParseTimeValue(std::string_view bytes);

}  // namespace sockspec::reference
