// The quote of the day, RFC 865: fewer than 512 printable ASCII characters.
#pragma once

#include <ctime>
#include <string>

namespace sockspec::reference {

// The same all day (UTC), another one tomorrow.
std::string QuoteOfTheDay(std::time_t now);

}  // namespace sockspec::reference
