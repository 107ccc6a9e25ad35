// Reads how a program is launched.
#include "harness/manifest/launch_spec_reader.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "harness/base/error.h"
#include "harness/base/text.h"
#include "harness/manifest/claims.h"

namespace sockspec {
namespace {

constexpr std::string_view kCommandExample = R"(["./server", "{port}"])";

std::vector<std::string> ReadCommand(const TomlTable& table) {
  const std::string mend = fmt::format("write command = {}", kCommandExample);
  if (!table.Has("command")) table.Fail("command", "is missing; " + mend);
  std::vector<std::string> command = *table.Words("command", kCommandExample);
  if (command.empty() || command.front().empty()) {
    table.Fail("command", "names no program; " + mend);
  }
  return command;
}

std::map<std::string, std::string> ReadFiles(const TomlTable& table) {
  std::map<std::string, std::string> files;
  for (const auto& [name, content] :
       table.TextPairs("files", R"({ "my.conf" = "port {port}\n" })")) {
    const std::filesystem::path path(name);
    const bool climbs = std::find(path.begin(), path.end(), "..") != path.end();
    if (name.empty() || path.is_absolute() || climbs || name.find('\0') != std::string::npos ||
        !path.has_filename()) {
      table.Fail("files", fmt::format("{} is not a file inside the working directory; write a "
                                      "relative path without ..",
                                      Quote(name)));
    }
    files[name] = content;
  }
  return files;
}

StdinSpec ReadStdin(const TomlTable& table, const StdinSpec& otherwise) {
  const TomlValue* value = table.Find("stdin");
  if (value == nullptr) return otherwise;
  StdinSpec spec = otherwise;
  if (value->kind == TomlValue::Kind::kTable) {
    const TomlTable text = *table.Table("stdin", "");
    text.AllowOnly({"text", "when"});
    if (!text.Has("text")) text.Fail("text", R"(is missing; write text = "13\n")");
    spec.kind = StdinKind::kText;
    spec.text = *text.Bytes("text", R"("13\n")");
    spec.when = text.Choice("when", {"start", "settled"}).value_or(0) == 0 ? StdinWhen::kStart
                                                                           : StdinWhen::kSettled;
    return spec;
  }
  if (value->kind != TomlValue::Kind::kString) {
    table.Fail(*value, R"(must be a word or a table; write stdin = "open" or { text = "13\n" })");
  }
  constexpr StdinKind kKinds[] = {StdinKind::kClosed, StdinKind::kEmpty, StdinKind::kOpen};
  spec.kind = kKinds[*table.Choice("stdin", {"closed", "empty", "open"})];
  return spec;
}

// "any", or a numeric address that suits the transport.
std::string ReadAddress(const TomlTable& table, Role role, Transport transport,
                        const std::string& otherwise) {
  const std::optional<std::string> address = table.Text("address", "\"any\"");
  if (!address) return otherwise;
  unsigned char bytes[sizeof(in6_addr)];
  // A scope, as in fe80::1%lo, is no part of what inet_pton() reads.
  const std::string unscoped = address->substr(0, address->find('%'));
  const bool v4 = inet_pton(AF_INET, address->c_str(), bytes) == 1;
  const bool v6 = inet_pton(AF_INET6, unscoped.c_str(), bytes) == 1;
  if (*address == "any" || IsUnix(transport)) return *address;
  if (!v4 && !v6) {
    table.Fail("address", fmt::format("{} is no numeric address; write \"any\", \"127.0.0.1\" or "
                                      "\"::1\"",
                                      Quote(*address)));
  }
  if (v4 != (Family(transport) == AF_INET)) {
    table.Fail("address",
               fmt::format("{} does not suit {}; write one for each transport, as in "
                           "[{}.{}]",
                           Quote(*address), Name(transport), Name(role), Name(transport)));
  }
  return *address;
}

int ReadSignal(const TomlTable& stop) {
  const std::optional<std::string> name = stop.Text("signal", "\"SIGTERM\"");
  if (!name) return LaunchSpec{}.stop_signal;
  std::vector<std::string> known;
  for (int signal = 1; signal < 32; ++signal) {
    known.push_back(SignalName(signal));
    if (known.back() == *name) return signal;
  }
  const std::string full = "SIG" + *name;
  const bool short_form = std::find(known.begin(), known.end(), full) != known.end();
  const std::string nearest = short_form ? full : Nearest(*name, known);
  stop.Fail("signal", fmt::format("unknown signal {}; {}", Quote(*name),
                                  nearest.empty() ? "a name as \"SIGTERM\" or \"SIGINT\""
                                                  : "did you mean \"" + nearest + "\"?"));
}

void ReadStop(const TomlTable& table, LaunchSpec& spec) {
  const auto stop = table.Table("stop", R"({ signal = "SIGINT", to = "launched" })");
  if (!stop) return;
  stop->AllowOnly({"signal", "to"});
  spec.stop_signal = ReadSignal(*stop);
  constexpr StopTarget kTargets[] = {StopTarget::kLaunched, StopTarget::kListener,
                                     StopTarget::kGroup};
  spec.stop_target = kTargets[stop->Choice("to", {"launched", "listener", "group"}).value_or(0)];
}

std::optional<int> ReadInt(const TomlTable& table, std::string_view name, int least,
                           int most = std::numeric_limits<int>::max()) {
  const std::optional<std::int64_t> value = table.Whole(name, least, most);
  if (!value) return std::nullopt;
  return static_cast<int>(*value);
}

void ReadServerKeys(const TomlTable& table, LaunchSpec& spec) {
  spec.backlog = ReadInt(table, "backlog", std::numeric_limits<int>::min());
  constexpr StartKind kStarts[] = {StartKind::kForeground, StartKind::kDaemon,
                                   StartKind::kInetdNowait, StartKind::kInetdWait,
                                   StartKind::kSocketActivation};
  spec.start = kStarts[table
                           .Choice("start", {"foreground", "daemon", "inetd-nowait", "inetd-wait",
                                             "socket-activation"})
                           .value_or(0)];
  ReadStop(table, spec);
  spec.one_exchange = table.Choice("lifetime", {"service", "one-exchange"}).value_or(0) == 1;
  if (const auto limits = table.Table("limits", "{ per-minute = 255 }")) {
    limits->AllowOnly({"per-minute", "connections"});
    spec.limit_per_minute = ReadInt(*limits, "per-minute", 1);
    spec.limit_connections = ReadInt(*limits, "connections", 1);
  }
}

}  // namespace

const std::vector<std::string>& LaunchKeys(Role role) {
  static const std::vector<std::string> server = {
      "command", "directory", "environment", "files", "stdin", "address",  "port",
      "path",    "claims",    "backlog",     "start", "stop",  "lifetime", "limits"};
  static const std::vector<std::string> client = {"command", "directory", "environment", "files",
                                                  "stdin",   "address",   "port",        "path",
                                                  "claims",  "output"};
  return role == Role::kServer ? server : client;
}

std::map<std::string, std::string> ReadEnvironment(const TomlTable& table, std::string_view name) {
  std::map<std::string, std::string> environment;
  for (const auto& [variable, value] : table.TextPairs(name, R"({ LANG = "C.UTF-8" })")) {
    if (variable.empty() || variable.find_first_of(std::string_view("=\0", 2)) != variable.npos ||
        value.find('\0') != value.npos) {
      table.Fail(name, fmt::format("{} cannot be a variable; write a name without = and a value "
                                   "without NUL bytes",
                                   Quote(variable)));
    }
    environment[variable] = value;
  }
  return environment;
}

std::string AbsolutePath(const std::string& directory, const std::string& path) {
  std::string text = (std::filesystem::path(directory) / path).lexically_normal().string();
  if (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

LaunchSpec DefaultLaunchSpec(Role role, const Service& service,
                             const std::string& manifest_directory) {
  LaunchSpec spec;
  spec.directory = manifest_directory;
  if (role == Role::kServer) {
    spec.address = "any";
  } else if (service.Requests().empty()) {
    spec.standard_input.kind = StdinKind::kOpen;
  } else {
    spec.standard_input = {StdinKind::kText, service.Requests(), StdinWhen::kStart};
  }
  return spec;
}

LaunchSpec ReadLaunchSpec(const TomlTable& table, Role role, const Service& service,
                          Transport transport, const std::string& manifest_directory) {
  LaunchSpec spec = DefaultLaunchSpec(role, service, manifest_directory);
  spec.command = ReadCommand(table);
  if (const auto directory = table.Text("directory", "\"build\"")) {
    spec.directory = AbsolutePath(manifest_directory, *directory);
  }
  spec.environment = ReadEnvironment(table, "environment");
  spec.files = ReadFiles(table);
  spec.standard_input = ReadStdin(table, spec.standard_input);
  spec.address = ReadAddress(table, role, transport, spec.address);
  spec.port = ReadInt(table, "port", 1, 65535);
  spec.path = table.Text("path", "\"/tmp/my.sock\"");
  if (spec.path && spec.path->empty()) {
    table.Fail("path", "is empty; write path = \"/tmp/my.sock\" or leave it out");
  }
  spec.claims = ReadClaims(table, role);
  if (role == Role::kServer) {
    ReadServerKeys(table, spec);
  } else {
    constexpr OutputKind kOutputs[] = {OutputKind::kExact, OutputKind::kContains,
                                       OutputKind::kDecoded};
    spec.output = kOutputs[table.Choice("output", {"exact", "contains", "decoded"}).value_or(0)];
  }
  return spec;
}

}  // namespace sockspec
