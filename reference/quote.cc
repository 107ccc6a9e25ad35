// Quotes about sockets.
#include "reference/quote.h"

#include <iterator>

namespace sockspec::reference {

std::string QuoteOfTheDay(std::time_t now) {
  static constexpr const char* kQuotes[] = {
      "A stream has no messages in it, only bytes.\r\nWho wants messages brings the marks "
      "along.\r\n",
      "Whoever closes first waits longest.\r\n",
      "A call that cannot fail has not been read up in the manual yet.\r\n",
      "Read until zero, write until all: half of network programming.\r\n",
      "The listener never speaks. It introduces.\r\n",
      "A backlog is patience with a number.\r\n",
      "Datagrams arrive once, twice or never, and always whole.\r\n",
  };
  constexpr std::time_t kDay = 24 * 60 * 60;
  return kQuotes[static_cast<std::size_t>(now / kDay) % std::size(kQuotes)];
}

}  // namespace sockspec::reference
