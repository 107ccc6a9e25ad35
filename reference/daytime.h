// Daytime, RFC 867: the date and time as one line of text.
#pragma once

#include <ctime>
#include <string>

namespace sockspec::reference {

// The first syntax that RFC 867 recommends, in UTC:
// "Sunday, November 22, 2026 22:05:29-UTC" and a line end.
std::string DaytimeText(std::time_t now);

}  // namespace sockspec::reference
