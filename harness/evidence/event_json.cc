// Events as JSON. Writer and reader walk the same list of fields, so that they cannot disagree.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "harness/base/text.h"
#include "harness/evidence/timeline.h"

namespace sockspec {
namespace {

using Json =
    nlohmann::ordered_json;  // keeps the order of the lists below: records are read by people

// The fields of each type under their keys. A field with its default value is not written.
template <typename Visitor>
void VisitFields(Visitor& visit, const Call*) {
  visit("name", &Call::name);
  visit("fd", &Call::fd);
  visit("socket", &Call::socket);
  visit("on_socket", &Call::on_socket);
  visit("role", &Call::role);
  visit("connection", &Call::connection);
  visit("result", &Call::result);
  visit("error", &Call::error);
  visit("injected", &Call::injected);
  visit("blocked", &Call::blocked);
  visit("non_blocking", &Call::non_blocking);
  visit("edge_triggered", &Call::edge_triggered);
  visit("family", &Call::family);
  visit("type", &Call::type);
  visit("protocol", &Call::protocol);
  visit("flags", &Call::flags);
  visit("number", &Call::number);
  visit("length", &Call::length);
  visit("bytes", &Call::bytes);
  visit("descriptors", &Call::descriptors);
  visit("address", &Call::address);
  visit("address_length", &Call::address_length);
  visit("address_null", &Call::address_null);
  visit("length_null", &Call::length_null);
  visit("returned_length", &Call::returned_length);
  visit("flow_info", &Call::flow_info);
  visit("scope_id", &Call::scope_id);
  visit("option", &Call::option);
  visit("option_value", &Call::option_value);
  visit("target", &Call::target);
}

template <typename Visitor>
void VisitFields(Visitor& visit, const SocketRow*) {
  visit("state", &SocketRow::state);
  visit("local", &SocketRow::local);
  visit("remote", &SocketRow::remote);
  visit("receive_queue", &SocketRow::receive_queue);
  visit("send_queue", &SocketRow::send_queue);
  visit("owned", &SocketRow::owned);
  visit("inode", &SocketRow::inode);
  visit("v6_only", &SocketRow::v6_only);
  visit("reuse_address", &SocketRow::reuse_address);
  visit("reuse_port", &SocketRow::reuse_port);
  visit("non_blocking", &SocketRow::non_blocking);
  visit("accepting", &SocketRow::accepting);
  visit("linger", &SocketRow::linger);
  visit("datagrams", &SocketRow::datagrams);
}

template <typename Visitor>
void VisitFields(Visitor& visit, const Snapshot*) {
  visit("label", &Snapshot::label);
  visit("sockets", &Snapshot::sockets);
  visit("descriptors", &Snapshot::descriptors);
  visit("processes", &Snapshot::processes);
  visit("threads", &Snapshot::threads);
  visit("zombies", &Snapshot::zombies);
  visit("anonymous_memory", &Snapshot::anonymous_memory);
  visit("cpu_ticks", &Snapshot::cpu_ticks);
  visit("path_kind", &Snapshot::path_kind);
  visit("path_mode", &Snapshot::path_mode);
  visit("abort_on_close", &Snapshot::abort_on_close);
  visit("abort_on_data", &Snapshot::abort_on_data);
  visit("listen_overflows", &Snapshot::listen_overflows);
}

template <typename Visitor>
void VisitFields(Visitor& visit, const Event*) {
  visit("run", &Event::run);
  visit("process", &Event::process);
  visit("thread", &Event::thread);
  visit("connection", &Event::connection);
  visit("error", &Event::error);
  visit("signal", &Event::signal);
  visit("number", &Event::number);
  visit("address", &Event::address);
  visit("local_address", &Event::local_address);
  visit("text", &Event::text);
  visit("bytes", &Event::bytes);
  visit("call", &Event::call);
  visit("snapshot", &Event::snapshot);
}

// Types with a list of fields of their own.
template <typename T>
concept Record = std::is_same_v<T, Call> || std::is_same_v<T, SocketRow> ||
    std::is_same_v<T, Snapshot> || std::is_same_v<T, Event>;

template <Record T>
void WriteFields(const T& value, Json& out);

Json ToJson(bool value) { return value; }
template <std::integral T>
Json ToJson(T value) {
  return value;
}
Json ToJson(SocketRole role) { return Name(role); }
Json ToJson(const std::string& value) { return BytesToUtf8(value); }
template <Record T>
Json ToJson(const T& value) {
  Json out = Json::object();
  WriteFields(value, out);
  return out;
}
template <typename T>
Json ToJson(const std::vector<T>& values) {
  Json out = Json::array();
  for (const T& value : values) out.push_back(ToJson(value));
  return out;
}
template <typename T>
Json ToJson(const std::optional<T>& value) {
  return ToJson(*value);
}

template <typename T>
bool IsDefault(const T& value, const T& initial) {
  return value == initial;
}
template <typename T>
bool IsDefault(const std::vector<T>& values, const std::vector<T>&) {
  return values.empty();
}
template <typename T>
bool IsDefault(const std::optional<T>& value, const std::optional<T>&) {
  return !value.has_value();
}

template <Record T>
struct Writer {
  const T& value;
  Json& out;
  const T& initial;

  template <typename Field>
  void operator()(const char* key, Field T::*field) {
    if (IsDefault(value.*field, initial.*field)) return;
    // Keys are distinct, so the search for an equal one that operator[] does would be in vain.
    out.get_ref<Json::object_t&>().emplace_back(key, ToJson(value.*field));
  }
};

template <Record T>
void WriteFields(const T& value, Json& out) {
  static const T initial;
  Writer<T> writer{value, out, initial};
  VisitFields(writer, &value);
}

[[noreturn]] void Malformed(std::string_view key, const char* wanted) {
  throw std::runtime_error(fmt::format("malformed event: \"{}\" is not {}", key, wanted));
}

template <Record T>
void ReadFields(const Json& in, T& value);

void FromJson(std::string_view key, const Json& in, bool& value) {
  if (!in.is_boolean()) Malformed(key, "true or false");
  value = in.get<bool>();
}
template <std::integral T>
void FromJson(std::string_view key, const Json& in, T& value) {
  const auto fits = [](auto number) { return std::in_range<T>(number); };
  if (!in.is_number_integer() ||
      !(in.is_number_unsigned() ? fits(in.get<std::uint64_t>()) : fits(in.get<std::int64_t>()))) {
    Malformed(key, "a whole number in range");
  }
  value = in.get<T>();
}
void FromJson(std::string_view key, const Json& in, std::string& value) {
  if (!in.is_string()) Malformed(key, "a string");
  value = Utf8ToBytes(in.get_ref<const std::string&>());
}
void FromJson(std::string_view key, const Json& in, SocketRole& value) {
  const auto* name = in.get_ptr<const std::string*>();
  const auto role = name != nullptr ? ParseSocketRole(*name) : std::nullopt;
  if (!role) Malformed(key, "the role of a socket");
  value = *role;
}
template <Record T>
void FromJson(std::string_view key, const Json& in, T& value) {
  if (!in.is_object()) Malformed(key, "an object");
  ReadFields(in, value);
}
template <typename T>
void FromJson(std::string_view key, const Json& in, std::vector<T>& values) {
  if (!in.is_array()) Malformed(key, "an array");
  for (const Json& element : in) FromJson(key, element, values.emplace_back());
}
template <typename T>
void FromJson(std::string_view key, const Json& in, std::optional<T>& value) {
  FromJson(key, in, value.emplace());
}

template <Record T>
struct Reader {
  const Json& in;
  T& value;

  template <typename Field>
  void operator()(const char* key, Field T::*field) {
    if (const auto found = in.find(key); found != in.end()) FromJson(key, *found, value.*field);
  }
};

template <Record T>
void ReadFields(const Json& in, T& value) {
  Reader<T> reader{in, value};
  VisitFields(reader, &value);
}

}  // namespace

std::string EventToJson(const Event& event) {
  Json out = Json::object();
  out["at"] = event.at;
  out["kind"] = Name(event.kind);
  WriteFields(event, out);
  return out.dump();
}

Event EventFromJson(const Json& in) {
  if (!in.is_object()) throw std::runtime_error("malformed event: not a JSON object");
  Event event;
  const auto at = in.find("at");
  if (at == in.end()) throw std::runtime_error("malformed event: no \"at\"");
  FromJson("at", *at, event.at);
  const auto kind = in.find("kind");
  const auto* name = kind != in.end() ? kind->get_ptr<const std::string*>() : nullptr;
  const auto parsed = name != nullptr ? ParseEventKind(*name) : std::nullopt;
  if (!parsed) throw std::runtime_error("malformed event: no \"kind\", or an unknown one");
  event.kind = *parsed;
  ReadFields(in, event);
  return event;
}

}  // namespace sockspec
