// Tests of the record's events: everything survives, and nothing malformed is taken.
#include <gmock/gmock.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "harness/evidence/timeline.h"

namespace sockspec {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

Event FromText(std::string_view text) {
  return EventFromJson(nlohmann::ordered_json::parse(text, nullptr, /*allow_exceptions=*/false));
}

std::string AllBytes() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

Call FullCall() {
  return {.name = "accept4",
          .fd = 3,
          .socket = 5,
          .on_socket = 4,
          .role = SocketRole::kListener,
          .connection = 2,
          .result = std::numeric_limits<std::int64_t>::min(),
          .error = 11,
          .injected = true,
          .blocked = true,
          .non_blocking = true,
          .edge_triggered = true,
          .family = 10,
          .type = 1,
          .protocol = 6,
          .flags = 0x80000,
          .number = 16,
          .length = std::numeric_limits<std::int64_t>::max(),
          .bytes = 80,
          .descriptors = {3, 4},
          .address = AllBytes(),
          .address_length = 28,
          .address_null = true,
          .length_null = true,
          .returned_length = 16,
          .flow_info = 0xffffffff,
          .scope_id = 7,
          .option = "SO_LINGER",
          .option_value = {1, std::numeric_limits<std::int32_t>::min()},
          .target = -1};
}

Snapshot FullSnapshot() {
  return {.label = "ready",
          .sockets = {{.state = "LISTEN",
                       .local = "[::]:13",
                       .remote = "[::]:0",
                       .receive_queue = 1,
                       .send_queue = 16,
                       .owned = true,
                       .inode = std::numeric_limits<std::uint64_t>::max(),
                       .v6_only = false,
                       .reuse_address = true,
                       .reuse_port = false,
                       .non_blocking = true,
                       .accepting = true,
                       .linger = -1,
                       .datagrams = true},
                      {}},
          .descriptors = 4,
          .processes = 1,
          .threads = 2,
          .zombies = 3,
          .anonymous_memory = 5,
          .cpu_ticks = 9,
          .path_kind = "socket",
          .path_mode = 0755,
          .abort_on_close = 6,
          .abort_on_data = 7,
          .listen_overflows = 8};
}

Event FullEvent(EventKind kind) {
  return {.at = 123456789012,
          .kind = kind,
          .run = 1,
          .process = 2,
          .thread = 3,
          .connection = 4,
          .error = 5,
          .signal = 6,
          .number = -7,
          .address = "@\xff",
          .local_address = "/tmp/\xc3",
          .text = "t\n",
          .bytes = AllBytes(),
          .call = FullCall(),
          .snapshot = FullSnapshot()};
}

// Field by field. A structured binding of all members breaks the build when one is added.
void ExpectSame(const Call& a, const Call& b) {
  const auto all = [](const Call& c) {
    const auto& [name, fd, socket, on_socket, role, connection, result, error, injected, blocked,
                 non_blocking, edge_triggered, family, type, protocol, flags, number, length, bytes,
                 descriptors, address, address_length, address_null, length_null, returned_length,
                 flow_info, scope_id, option, option_value, target] = c;
    return std::tie(name, fd, socket, on_socket, role, connection, result, error, injected, blocked,
                    non_blocking, edge_triggered, family, type, protocol, flags, number, length,
                    bytes, descriptors, address, address_length, address_null, length_null,
                    returned_length, flow_info, scope_id, option, option_value, target);
  };
  EXPECT_TRUE(all(a) == all(b));
}

void ExpectSame(const Snapshot& a, const Snapshot& b) {
  const auto row = [](const SocketRow& r) {
    const auto& [state, local, remote, receive_queue, send_queue, owned, inode, v6_only,
                 reuse_address, reuse_port, non_blocking, accepting, linger, datagrams] = r;
    return std::tie(state, local, remote, receive_queue, send_queue, owned, inode, v6_only,
                    reuse_address, reuse_port, non_blocking, accepting, linger, datagrams);
  };
  ASSERT_EQ(a.sockets.size(), b.sockets.size());
  for (std::size_t i = 0; i < a.sockets.size(); ++i) {
    EXPECT_TRUE(row(a.sockets[i]) == row(b.sockets[i])) << i;
  }
  const auto rest = [](const Snapshot& s) {
    const auto& [label, sockets, descriptors, processes, threads, zombies, anonymous_memory,
                 cpu_ticks, path_kind, path_mode, abort_on_close, abort_on_data, listen_overflows] =
        s;
    return std::tie(label, descriptors, processes, threads, zombies, anonymous_memory, cpu_ticks,
                    path_kind, path_mode, abort_on_close, abort_on_data, listen_overflows);
  };
  EXPECT_TRUE(rest(a) == rest(b));
}

void ExpectSame(const Event& a, const Event& b) {
  const auto plain = [](const Event& e) {
    const auto& [at, kind, run, process, thread, connection, error, signal, number, address,
                 local_address, text, bytes, call, snapshot] = e;
    return std::tie(at, kind, run, process, thread, connection, error, signal, number, address,
                    local_address, text, bytes);
  };
  EXPECT_TRUE(plain(a) == plain(b));
  ASSERT_EQ(a.call.has_value(), b.call.has_value());
  if (a.call) ExpectSame(*a.call, *b.call);
  ASSERT_EQ(a.snapshot.has_value(), b.snapshot.has_value());
  if (a.snapshot) ExpectSame(*a.snapshot, *b.snapshot);
}

TEST(EventJson, EveryFieldOfEveryKindSurvives) {
  for (int kind = 0; kind <= static_cast<int>(EventKind::kFault); ++kind) {
    SCOPED_TRACE(kind);
    const Event event = FullEvent(static_cast<EventKind>(kind));
    const std::string json = EventToJson(event);
    EXPECT_EQ(json.find('\n'), std::string::npos);
    ExpectSame(event, FromText(json));
    const Event bare{.kind = static_cast<EventKind>(kind)};
    ExpectSame(bare, FromText(EventToJson(bare)));
  }
}

// Otherwise the test above would not see that a field is missing from the list.
TEST(EventJson, FullEventHasNoFieldAtItsDefault) {
  const auto json = nlohmann::json::parse(EventToJson(FullEvent(EventKind::kCall)));
  EXPECT_THAT(json, SizeIs(15));
  EXPECT_THAT(json.at("call"), SizeIs(30));
  EXPECT_THAT(json.at("snapshot"), SizeIs(13));
  EXPECT_THAT(json.at("snapshot").at("sockets").at(0), SizeIs(14));
}

TEST(EventJson, EveryRoleSurvives) {
  for (int role = 0; role <= static_cast<int>(SocketRole::kPair); ++role) {
    const Event event{.kind = EventKind::kCall,
                      .call = Call{.role = static_cast<SocketRole>(role)}};
    EXPECT_EQ(FromText(EventToJson(event)).call->role, event.call->role);
  }
}

TEST(EventJson, DefaultsAreNotWritten) {
  EXPECT_EQ(EventToJson({.at = 5, .kind = EventKind::kGotFin, .connection = 0}),
            R"({"at":5,"kind":"got-fin","connection":0})");
  EXPECT_EQ(EventToJson({.kind = EventKind::kCall, .call = Call{.name = "close"}}),
            R"({"at":0,"kind":"call","call":{"name":"close"}})");
}

TEST(EventJson, EveryByteSurvives) {
  for (int byte = 0; byte < 256; ++byte) {
    const Event event{.kind = EventKind::kReceived,
                      .bytes = std::string(1, static_cast<char>(byte))};
    EXPECT_EQ(FromText(EventToJson(event)).bytes, event.bytes) << byte;
  }
  for (const std::string& bytes : {std::string("\xc3\x28"), std::string("\xe2\x82"),
                                   std::string("\xff\xfe\0x", 4), std::string("\xc3\xa9")}) {
    const Event event{.kind = EventKind::kReceived, .bytes = bytes};
    EXPECT_EQ(FromText(EventToJson(event)).bytes, bytes);
  }
}

TEST(EventJson, UnknownKeysAreForALaterVersion) {
  const Event event =
      FromText(R"({"at":1,"kind":"call","new":[1,{"a":null}],"call":{"name":"read","new":true}})");
  EXPECT_EQ(event.at, 1);
  EXPECT_EQ(event.call->name, "read");
}

TEST(EventJson, ACutRecordIsRefusedAtEveryByte) {
  const std::string json = EventToJson(FullEvent(EventKind::kSnapshot));
  for (std::size_t length = 0; length < json.size(); ++length) {
    EXPECT_THROW(FromText(std::string_view(json).substr(0, length)), std::runtime_error) << length;
  }
}

TEST(EventJson, NoByteThatIsDamagedCausesAnythingButRuntimeError) {
  const std::string json = EventToJson(FullEvent(EventKind::kCall));
  int refused = 0;
  for (std::size_t i = 0; i < json.size(); ++i) {
    for (const char damage : {'\0', '"', '}', ']', '9', '\xff'}) {
      std::string damaged = json;
      damaged[i] = damage;
      try {
        FromText(damaged);
      } catch (const std::runtime_error&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST(EventJson, RefusesWrongTypesAndNamesTheKey) {
  for (const char* json :
       {"",
        "null",
        "[]",
        "7",
        "\"x\"",
        "{}",
        R"({"at":1})",
        R"({"kind":"call"})",
        R"({"at":1,"kind":"no-such"})",
        R"({"at":1,"kind":7})",
        R"({"at":"1","kind":"call"})",
        R"({"at":1.5,"kind":"call"})",
        R"({"at":1e400,"kind":"call"})",
        R"({"at":9223372036854775808,"kind":"call"})",
        R"({"at":1,"kind":"call"} x)",
        R"({"at":1,"kind":"call","run":2147483648})",
        R"({"at":1,"kind":"call","run":null})",
        R"({"at":1,"kind":"call","run":true})",
        R"({"at":1,"kind":"call","bytes":[1]})",
        R"({"at":1,"kind":"call","call":[]})",
        R"({"at":1,"kind":"call","call":null})",
        R"({"at":1,"kind":"call","call":{"role":"king"}})",
        R"({"at":1,"kind":"call","call":{"role":1}})",
        R"({"at":1,"kind":"call","call":{"injected":1}})",
        R"({"at":1,"kind":"call","call":{"scope_id":-1}})",
        R"({"at":1,"kind":"call","call":{"option_value":[1,"2"]}})",
        R"({"at":1,"kind":"call","call":{"option_value":{}}})",
        R"({"at":1,"kind":"snapshot","snapshot":{"sockets":[1]}})",
        R"({"at":1,"kind":"snapshot","snapshot":{"sockets":[{"v6_only":"no"}]}})"}) {
    EXPECT_THROW(FromText(json), std::runtime_error) << json;
  }
  try {
    FromText(R"({"at":1,"kind":"call","run":"x"})");
    FAIL() << "taken";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("\"run\""));
  }
}

TEST(EventJson, ManyLevelsOfNestingAreSurvived) {
  const std::string deep = R"({"at":1,"kind":"step","new":)" + std::string(100'000, '[');
  EXPECT_THROW(FromText(deep), std::runtime_error);
  EXPECT_NO_THROW(FromText(deep + std::string(100'000, ']') + "}"));
}

}  // namespace
}  // namespace sockspec
