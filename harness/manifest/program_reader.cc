// Reads one program of the manifest.
#include "harness/manifest/program_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"
#include "harness/manifest/launch_spec_reader.h"
#include "harness/manifest/placeholders.h"

namespace sockspec {
namespace {

constexpr std::string_view kTransportsExample = R"(["tcp4", "tcp6"])";

std::vector<std::string> TransportNames() {
  std::vector<std::string> names;
  for (Transport transport : AllTransports()) names.emplace_back(Name(transport));
  return names;
}

bool Contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The keys of the other role get a message of their own: the key is right, its place is not.
void CheckKeys(const TomlTable& table, Role role, std::vector<std::string> known) {
  const Role other = role == Role::kServer ? Role::kClient : Role::kServer;
  for (const std::string& key : table.Keys()) {
    if (!Contains(known, key) && Contains(LaunchKeys(other), key)) {
      table.Fail(key,
                 fmt::format("is a key of a {}; leave it out of [{}]", Name(other), Name(role)));
    }
  }
  table.AllowOnly(known);
}

std::vector<Transport> ReadTransports(const TomlTable& table) {
  const TomlValue* list = table.Find("transports");
  if (list == nullptr) {
    table.Fail("transports", fmt::format("is missing; write transports = {}", kTransportsExample));
  }
  const std::vector<std::string> names = table.WordsOf(*list, kTransportsExample);
  if (names.empty()) {
    table.Fail("transports", fmt::format("is empty; write transports = {}", kTransportsExample));
  }
  std::vector<Transport> transports;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::optional<Transport> transport = ParseTransport(names[i]);
    if (!transport) {
      table.Fail(list->items[i], fmt::format("unknown transport {}; {}", Quote(names[i]),
                                             Suggest(names[i], TransportNames())));
    }
    if (std::find(transports.begin(), transports.end(), *transport) != transports.end()) {
      table.Fail(list->items[i], fmt::format("{} is listed twice; drop one", Quote(names[i])));
    }
    transports.push_back(*transport);
  }
  return transports;
}

// The service that a program names, built in or of the manifest's own.
const Service& ReadService(const TomlTable& table, Role role,
                           const std::map<std::string, Service>& own_services) {
  const std::string name = table.Text("service", "\"daytime\"").value_or("daytime");
  if (const Service* service = FindBuiltInService(name)) return *service;
  const auto own = own_services.find(name);
  if (own == own_services.end()) {
    std::vector<std::string> known = BuiltInServiceNames();
    known.insert(known.end(), RawServiceNames().begin(), RawServiceNames().end());
    for (const auto& entry : own_services) known.push_back(entry.first);
    const std::string nearest = Nearest(name, known);
    table.Fail("service",
               fmt::format("unknown service {}; {}, or define [services.NAME]", Quote(name),
                           nearest.empty() ? "one of " + Join(known, ", ")
                                           : "did you mean \"" + nearest + "\"?"));
  }
  if (role == Role::kClient) {
    table.Fail("service", fmt::format("{} is a service of your own, which only servers are judged "
                                      "on; take one of {}",
                                      Quote(name), Join(BuiltInServiceNames(), ", ")));
  }
  return own->second;
}

// A value that is built in contradicts a placeholder that passes it.
void CheckBuiltIn(const TomlTable& table, const LaunchSpec& spec) {
  const auto check = [&](std::string_view key, bool built_in) {
    if (built_in && spec.Mentions(key)) {
      table.Fail(key, fmt::format("is built in and passed as {{{0}}}; drop {0} or {{{0}}}", key));
    }
  };
  check("port", spec.port.has_value());
  check("path", spec.path.has_value());
  check("backlog", spec.backlog.has_value());
}

}  // namespace

void CheckLaunchPlaceholders(const LaunchSpec& spec, Role role, const KeyUsers& users,
                             const LaunchFailure& fail) {
  const auto check = [&](const std::string& key, std::string_view text) {
    CheckPlaceholders(text, role, users(key),
                      [&](const std::string& problem) { fail(key, problem); });
  };
  for (const std::string& word : spec.command) check("command", word);
  for (const auto& [name, content] : spec.files) check("files", content);
  for (const auto& [name, value] : spec.environment) check("environment", value);
  check("stdin", spec.standard_input.text);
}

Program ReadProgram(const TomlTable& table, Role role, const std::string& manifest_directory,
                    const std::map<std::string, Service>& own_services) {
  std::vector<std::string> known = LaunchKeys(role);
  known.insert(known.end(), {"service", "transports"});
  for (const std::string& name : TransportNames()) known.push_back(name);
  CheckKeys(table, role, known);

  Program program;
  program.role = role;
  program.definition = ReadService(table, role, own_services);
  program.service = program.definition.name;
  program.transports = ReadTransports(table);
  for (Transport transport : program.transports) {
    const std::string why = WhyNotSpoken(program.definition, role, transport);
    if (!why.empty()) table.Fail("transports", why);
  }
  for (Transport transport : AllTransports()) {
    const bool listed = std::find(program.transports.begin(), program.transports.end(),
                                  transport) != program.transports.end();
    if (!listed && table.Has(Name(transport))) {
      table.Fail(Name(transport),
                 fmt::format("is not in transports; add \"{}\" there or drop this table",
                             Name(transport)));
    }
  }
  for (Transport transport : program.transports) {
    const auto own = table.Table(Name(transport), R"({ command = ["./server", "{port}"] })");
    if (own) CheckKeys(*own, role, LaunchKeys(role));
    const TomlTable effective = own ? own->Over(table) : table;
    LaunchSpec spec =
        ReadLaunchSpec(effective, role, program.definition, transport, manifest_directory);
    // What all transports share may hold {port} and {path} side by side.
    const auto users = [&](std::string_view key) {
      return own && own->Has(key) ? std::vector<Transport>{transport} : program.transports;
    };
    CheckLaunchPlaceholders(
        spec, role, users,
        [&](const std::string& key, const std::string& problem) { effective.Fail(key, problem); });
    CheckBuiltIn(effective, spec);
    if (IsUnix(transport) && spec.start == StartKind::kForeground && !spec.path &&
        !spec.Mentions("path")) {
      effective.Fail("command",
                     fmt::format("has no {{path}} for {0}; write it, or give [{1}.{0}] a "
                                 "command or a path of its own",
                                 Name(transport), Name(role)));
    }
    program.launch.emplace(transport, std::move(spec));
  }
  return program;
}

}  // namespace sockspec
