// Reads and applies the patterns of --select.
#include "harness/campaign/selection.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>

#include "harness/base/error.h"
#include "harness/base/text.h"

namespace sockspec {

std::vector<std::string> ReadPatterns(const std::vector<std::string>& patterns) {
  std::vector<std::string> read;
  for (const std::string& pattern : patterns) {
    if (!pattern.starts_with("@")) {
      read.push_back(pattern);
      continue;
    }
    const std::string file = pattern.substr(1);
    const std::size_t before = read.size();
    errno = 0;
    std::ifstream stream(file);
    if (!stream) ThrowSystemError(errno, fmt::format("open({})", file));
    for (std::string line; std::getline(stream, line);) {
      line = line.substr(0, line.find('#'));
      const std::size_t first = line.find_first_not_of(" \t\r");
      if (first == std::string::npos) continue;
      read.push_back(line.substr(first, line.find_last_not_of(" \t\r") - first + 1));
    }
    if (stream.bad()) ThrowSystemError(EIO, fmt::format("read({})", file));
    // An empty list is a mistake, not a wish for everything.
    if (read.size() == before) throw NothingSelected(fmt::format("{} names no requirement", file));
  }
  return read;
}

std::set<std::string> SelectRequirements(const Catalogue& catalogue,
                                         const std::vector<std::string>& patterns) {
  const std::vector<std::string> ids = catalogue.Ids();
  if (patterns.empty()) return {ids.begin(), ids.end()};
  std::set<std::string> selected;
  for (const std::string& pattern : patterns) {
    bool matched = false;
    for (const std::string& id : ids) {
      if (!GlobMatches(pattern, id)) continue;
      selected.insert(id);
      matched = true;
    }
    if (matched) continue;
    const std::string nearest = Nearest(pattern, ids);
    throw NothingSelected(fmt::format("no requirement matches {}{}", pattern,
                                      nearest.empty()
                                          ? "; \"sockspec list\" shows them all"
                                          : fmt::format("; did you mean {}?", nearest)));
  }
  return selected;
}

}  // namespace sockspec
