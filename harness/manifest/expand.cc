// Placeholders: finding, checking and replacing them.
#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"
#include "harness/manifest/placeholders.h"
#include "harness/manifest/toml_reader.h"

namespace sockspec {
namespace {

// Walks `text`: `literal` gets each other character, `name` each placeholder without its braces.
template <typename OnLiteral, typename OnName>
void Walk(std::string_view text, OnLiteral literal, OnName name) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '{' && c != '}') {
      literal(c);
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == c) {
      literal(c);
      ++i;
      continue;
    }
    const std::size_t end = c == '{' ? text.find_first_of("{}", i + 1) : std::string_view::npos;
    if (end == std::string_view::npos || text[end] != '}') {
      throw ManifestError(
          fmt::format("a single {0} in {1}; write {0}{0} for a brace", c, Quote(text)));
    }
    name(text.substr(i + 1, end - i - 1));
    i = end;
  }
}

std::string UnknownPlaceholder(std::string_view name) {
  const std::string nearest = Nearest(name, KnownPlaceholders());
  std::string shown = Quote(name);
  shown = shown.substr(1, shown.size() - 2);
  if (!nearest.empty()) {
    return fmt::format("unknown placeholder {{{}}}; did you mean {{{}}}?", shown, nearest);
  }
  return fmt::format("unknown placeholder {{{}}}; one of {{{}}}, or {{{{ for a brace", shown,
                     Join(KnownPlaceholders(), "}, {"));
}

}  // namespace

const std::vector<std::string>& KnownPlaceholders() {
  static const std::vector<std::string> names = {"transport", "family",  "address", "host", "port",
                                                 "path",      "backlog", "service", "user"};
  return names;
}

std::vector<std::string> PlaceholdersIn(std::string_view text) {
  std::vector<std::string> names;
  Walk(
      text, [](char) {}, [&](std::string_view name) { names.emplace_back(name); });
  return names;
}

void CheckPlaceholders(std::string_view text, Role role, const std::vector<Transport>& transports,
                       const std::function<void(const std::string&)>& fail) {
  std::vector<std::string> names;
  try {
    names = PlaceholdersIn(text);
  } catch (const ManifestError& error) {
    fail(error.what());
  }
  const auto any = [&](auto predicate) {
    return std::any_of(transports.begin(), transports.end(), predicate);
  };
  for (const std::string& name : names) {
    const auto& known = KnownPlaceholders();
    if (std::find(known.begin(), known.end(), name) == known.end()) fail(UnknownPlaceholder(name));
    if (name == "path" && !any(IsUnix)) {
      fail("{path} has no value here; add unix-stream, unix-seqpacket or unix-dgram to transports");
    }
    if (name == "port" && !any([](Transport t) { return IsTcp(t) || IsUdp(t); })) {
      fail("{port} has no value here; add tcp4, tcp6, udp4 or udp6 to transports");
    }
    if ((name == "address" || name == "host") && !any([](Transport t) { return !IsUnix(t); })) {
      fail(fmt::format("{{{}}} has no value here; UNIX transports have a {{path}}", name));
    }
    if (name == "host" && role == Role::kServer) {
      fail("{host} is for clients; write {address}");
    }
    if (name == "backlog" && role == Role::kClient) {
      fail("{backlog} is for servers; leave it out");
    }
  }
}

std::string Expand(const std::string& text, const Placeholders& values) {
  std::string out;
  Walk(
      text, [&](char c) { out += c; },
      [&](std::string_view name) {
        const auto found = values.find(std::string(name));
        if (found == values.end()) throw ManifestError(UnknownPlaceholder(name));
        out += found->second;
      });
  return out;
}

bool LaunchSpec::Mentions(std::string_view placeholder) const {
  const auto mentions = [&](const std::string& text) {
    const std::vector<std::string> names = PlaceholdersIn(text);
    return std::find(names.begin(), names.end(), placeholder) != names.end();
  };
  const auto value_mentions = [&](const auto& entry) { return mentions(entry.second); };
  return std::any_of(command.begin(), command.end(), mentions) ||
         std::any_of(files.begin(), files.end(), value_mentions) ||
         std::any_of(environment.begin(), environment.end(), value_mentions) ||
         mentions(standard_input.text);
}

}  // namespace sockspec
