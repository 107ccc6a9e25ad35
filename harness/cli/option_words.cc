// Reads the names of transports.
#include "harness/cli/option_words.h"

#include <fmt/format.h>

#include "harness/base/text.h"
#include "harness/cli/commands.h"

namespace sockspec {

std::vector<Transport> ParseTransports(const std::vector<std::string>& names) {
  std::vector<Transport> transports;
  for (const std::string& name : names) {
    const std::optional<Transport> transport = ParseTransport(name);
    if (!transport) {
      std::vector<std::string> known;
      for (Transport each : AllTransports()) known.emplace_back(Name(each));
      const std::string nearest = Nearest(name, known);
      throw UsageError(fmt::format("--transport: unknown transport {}; {}", Quote(name),
                                   nearest.empty() ? "one of " + Join(known, ", ")
                                                   : fmt::format("did you mean {}?", nearest)));
    }
    transports.push_back(*transport);
  }
  return transports;
}

}  // namespace sockspec
