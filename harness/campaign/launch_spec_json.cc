// Programs of a manifest as JSON: enough to make a Subject from, and to read by people.
#include "harness/campaign/launch_spec_json.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "harness/base/text.h"
#include "harness/campaign/service_json.h"

namespace sockspec {
namespace {

// Enumerations by their places in these lists, which only grow at the end.
constexpr const char* kStdinKinds[] = {"closed", "empty", "open", "text"};
constexpr const char* kStdinTimes[] = {"start", "settled"};
constexpr const char* kStarts[] = {"foreground", "daemon", "inetd-nowait", "inetd-wait",
                                   "socket-activation"};
constexpr const char* kStopTargets[] = {"launched", "listener", "group"};
constexpr const char* kOutputs[] = {"exact", "contains", "decoded"};

constexpr std::pair<const char*, bool Claims::*> kClaims[] = {
    {"peer-log", &Claims::peer_log},   {"v6-only", &Claims::v6_only},
    {"dual", &Claims::dual},           {"abstract", &Claims::abstract_names},
    {"workers", &Claims::workers},     {"usage-check", &Claims::usage_check},
    {"iterative", &Claims::iterative}, {"super-server", &Claims::super_server},
    {"names", &Claims::names},         {"text-only", &Claims::text_only},
    {"one-line", &Claims::one_line},   {"own-timeout", &Claims::own_timeout},
};

template <typename T>
std::optional<T> OptionalFromJson(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return std::nullopt;
  return found->get<T>();
}

// Texts of manifests may hold any bytes; JSON holds UTF-8.
Json TextsToJson(const std::vector<std::string>& texts) {
  Json json = Json::array();
  for (const std::string& text : texts) json.push_back(BytesToUtf8(text));
  return json;
}

std::vector<std::string> TextsFromJson(const Json& json) {
  std::vector<std::string> texts;
  for (const Json& text : json) texts.push_back(Utf8ToBytes(text.get<std::string>()));
  return texts;
}

Json MapToJson(const std::map<std::string, std::string>& map) {
  Json json = Json::object();
  for (const auto& [key, value] : map) json[BytesToUtf8(key)] = BytesToUtf8(value);
  return json;
}

std::map<std::string, std::string> MapFromJson(const Json& json) {
  std::map<std::string, std::string> map;
  for (const auto& [key, value] : json.items()) {
    map[Utf8ToBytes(key)] = Utf8ToBytes(value.get<std::string>());
  }
  return map;
}

Json LaunchToJson(const LaunchSpec& spec) {
  Json json = {{"command", TextsToJson(spec.command)},
               {"directory", BytesToUtf8(spec.directory)},
               {"environment", MapToJson(spec.environment)},
               {"files", MapToJson(spec.files)},
               {"stdin", kStdinKinds[static_cast<int>(spec.standard_input.kind)]},
               {"stdin_text", BytesToUtf8(spec.standard_input.text)},
               {"stdin_when", kStdinTimes[static_cast<int>(spec.standard_input.when)]},
               {"address", BytesToUtf8(spec.address)}};
  if (spec.port) json["port"] = *spec.port;
  if (spec.path) json["path"] = BytesToUtf8(*spec.path);
  if (spec.backlog) json["backlog"] = *spec.backlog;
  json["start"] = kStarts[static_cast<int>(spec.start)];
  json["stop_signal"] = spec.stop_signal;
  json["stop_target"] = kStopTargets[static_cast<int>(spec.stop_target)];
  json["one_exchange"] = spec.one_exchange;
  for (const auto& [name, member] : kClaims) json["claims"][name] = spec.claims.*member;
  if (spec.limit_per_minute) json["limit_per_minute"] = *spec.limit_per_minute;
  if (spec.limit_connections) json["limit_connections"] = *spec.limit_connections;
  json["output"] = kOutputs[static_cast<int>(spec.output)];
  return json;
}

LaunchSpec LaunchFromJson(const Json& json) {
  LaunchSpec spec;
  spec.command = TextsFromJson(json.at("command"));
  spec.directory = Utf8ToBytes(json.at("directory").get<std::string>());
  spec.environment = MapFromJson(json.at("environment"));
  spec.files = MapFromJson(json.at("files"));
  spec.standard_input = {.kind = EnumFromJson<StdinKind>(json.at("stdin"), kStdinKinds),
                         .text = Utf8ToBytes(json.at("stdin_text").get<std::string>()),
                         .when = EnumFromJson<StdinWhen>(json.at("stdin_when"), kStdinTimes)};
  spec.address = Utf8ToBytes(json.at("address").get<std::string>());
  spec.port = OptionalFromJson<int>(json, "port");
  spec.path = OptionalFromJson<std::string>(json, "path");
  if (spec.path) spec.path = Utf8ToBytes(*spec.path);
  spec.backlog = OptionalFromJson<int>(json, "backlog");
  spec.start = EnumFromJson<StartKind>(json.at("start"), kStarts);
  spec.stop_signal = json.at("stop_signal").get<int>();
  spec.stop_target = EnumFromJson<StopTarget>(json.at("stop_target"), kStopTargets);
  spec.one_exchange = json.at("one_exchange").get<bool>();
  for (const auto& [name, member] : kClaims) {
    spec.claims.*member = json.at("claims").value(name, spec.claims.*member);
  }
  spec.limit_per_minute = OptionalFromJson<int>(json, "limit_per_minute");
  spec.limit_connections = OptionalFromJson<int>(json, "limit_connections");
  spec.output = EnumFromJson<OutputKind>(json.at("output"), kOutputs);
  return spec;
}

}  // namespace

Transport TransportFromJson(const Json& json) {
  const std::string name = json.get<std::string>();
  const std::optional<Transport> transport = ParseTransport(name);
  if (!transport) throw std::runtime_error(fmt::format("unknown transport {}", Quote(name)));
  return *transport;
}

Role RoleFromJson(const Json& json) {
  const std::string name = json.get<std::string>();
  const std::optional<Role> role = ParseRole(name);
  if (!role) throw std::runtime_error(fmt::format("unknown role {}", Quote(name)));
  return *role;
}

Json ProgramToJson(const Program& program) {
  Json transports = Json::array();
  for (Transport transport : program.transports) transports.push_back(Name(transport));
  Json json = {{"role", Name(program.role)},
               {"service", program.service},
               {"transports", std::move(transports)}};
  if (program.definition.own) json["definition"] = ServiceToJson(program.definition);
  for (const auto& [transport, spec] : program.launch) {
    json["launch"][std::string(Name(transport))] = LaunchToJson(spec);
  }
  return json;
}

Program ProgramFromJson(const Json& json) {
  Program program;
  program.role = RoleFromJson(json.at("role"));
  program.service = json.at("service").get<std::string>();
  if (json.contains("definition")) {
    program.definition = ServiceFromJson(json.at("definition"), program.service);
  } else if (const Service* service = FindBuiltInService(program.service)) {
    program.definition = *service;
  } else {
    throw std::runtime_error(fmt::format("unknown service {}", Quote(program.service)));
  }
  for (const Json& name : json.at("transports")) {
    program.transports.push_back(TransportFromJson(name));
  }
  for (Transport transport : program.transports) {
    program.launch.emplace(transport,
                           LaunchFromJson(json.at("launch").at(std::string(Name(transport)))));
  }
  return program;
}

}  // namespace sockspec
