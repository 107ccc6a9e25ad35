// The daytime service. Names of days and months are English: setlocale() is never called.
#include "reference/daytime.h"

namespace sockspec::reference {

std::string DaytimeText(std::time_t now) {
  std::tm parts = {};
  gmtime_r(&now, &parts);
  char text[80];
  const std::size_t size =
      std::strftime(text, sizeof text, "%A, %B %d, %Y %H:%M:%S-UTC\r\n", &parts);
  return std::string(text, size);
}

}  // namespace sockspec::reference
