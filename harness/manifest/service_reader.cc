// Reads [services.NAME]: what a program of the user's own speaks.
#include "harness/manifest/service_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "harness/base/text.h"
#include "harness/manifest/expected_reply.h"

namespace sockspec {
namespace {

constexpr std::string_view kServiceExample =
    R"({ steps = [{ send = "PING\r\n", expect = "+PONG\r\n" }], closes = "client" })";
constexpr std::string_view kStepsExample = R"([{ send = "PING\r\n", expect = "+PONG\r\n" }])";
constexpr std::string_view kExpectExample =
    R"(expect = "+PONG\r\n", or a table with one of text, hex, pattern, bytes, reply)";

// One step as it stands in the file.
struct Step {
  std::optional<std::string> send;
  std::optional<Reply> expect;
};

// As "50 4f 4e 47" or "504f4e47".
std::string ReadHex(const TomlTable& table) {
  const std::string digits = *table.Text("hex", "\"2b 50 4f\"");
  std::string bytes;
  int half = -1;
  for (const char digit : digits) {
    if (digit == ' ') continue;
    constexpr std::string_view kDigits = "0123456789abcdef0123456789ABCDEF";
    const std::size_t at = kDigits.find(digit);
    if (at == std::string_view::npos) {
      table.Fail("hex", fmt::format("{} has more than hexadecimal digits and spaces; write hex = "
                                    "\"2b 50 4f\"",
                                    Quote(digits)));
    }
    const int value = static_cast<int>(at % 16);
    if (half < 0) {
      half = value;
    } else {
      bytes += static_cast<char>(half * 16 + value);
      half = -1;
    }
  }
  if (half >= 0) table.Fail("hex", "has half a byte; write two digits for each");
  return bytes;
}

void CheckPattern(const TomlTable& table, std::string_view key, const std::string& pattern) {
  const std::string why = WhyNoPattern(pattern);
  if (!why.empty()) {
    table.Fail(key, fmt::format("{} is no Perl regular expression: {}; put \\ before a sign that "
                                "stands for itself",
                                Quote(pattern), why));
  }
}

// What a step that sends these bytes expects; text, hex and pattern need at least one byte, so that
// silence never is the right reply by mistake.
Reply ReadExpectation(const TomlTable& step) {
  const TomlValue& value = *step.Find("expect");
  if (value.kind == TomlValue::Kind::kString) {
    if (value.text.empty()) {
      step.Fail(value, R"(is empty; write { reply = "nothing" } where no reply is due)");
    }
    return {ReplyKind::kText, value.text, 0};
  }
  if (value.kind != TomlValue::Kind::kTable) {
    step.Fail(value, fmt::format("is neither a string nor a table; write {}", kExpectExample));
  }
  const TomlTable table = *step.Table("expect", "");
  table.AllowOnly({"text", "hex", "pattern", "bytes", "reply"});
  if (table.Keys().size() != 1) {
    step.Fail(value, fmt::format("has {} keys; write {}", table.Keys().size(), kExpectExample));
  }
  const auto need_bytes = [&](std::string_view key, bool empty) {
    if (empty) {
      table.Fail(key, R"(takes an empty reply; write expect = { reply = "nothing" } where none )"
                      "is due");
    }
  };
  if (const auto text = table.Bytes("text", R"("+PONG\r\n")")) {
    need_bytes("text", text->empty());
    return {ReplyKind::kText, *text, 0};
  }
  if (table.Has("hex")) {
    const std::string bytes = ReadHex(table);
    need_bytes("hex", bytes.empty());
    return {ReplyKind::kText, bytes, 0};
  }
  if (const auto pattern = table.Text("pattern", R"('220 .*\r\n')")) {
    CheckPattern(table, "pattern", *pattern);
    need_bytes("pattern", PatternMatches(*pattern, ""));
    return {ReplyKind::kPattern, *pattern, 0};
  }
  constexpr std::int64_t kMostBytes = 1 << 20;
  if (const auto bytes = table.Whole("bytes", 1, kMostBytes)) {
    return {ReplyKind::kBytes, "", *bytes};
  }
  constexpr ReplyKind kKinds[] = {ReplyKind::kNothing, ReplyKind::kRequest, ReplyKind::kAnything,
                                  ReplyKind::kEndless};
  const ReplyKind kind =
      kKinds[*table.Choice("reply", {"nothing", "request", "anything", "endless"})];
  constexpr std::int64_t kEnough = 1024;
  return {kind, "", kind == ReplyKind::kEndless ? kEnough : 0};
}

std::optional<std::string> ReadSend(const TomlTable& step) {
  const TomlValue* value = step.Find("send");
  if (value == nullptr) return std::nullopt;
  std::string bytes;
  if (value->kind == TomlValue::Kind::kTable) {
    const TomlTable table = *step.Table("send", "");
    table.AllowOnly({"hex"});
    if (!table.Has("hex")) table.Fail("hex", R"(is missing; write send = { hex = "2b 50 4f" })");
    bytes = ReadHex(table);
  } else {
    bytes = *step.Bytes("send", R"("PING\r\n")");
  }
  if (bytes.empty()) step.Fail(*value, "is empty; leave it out where the server speaks first");
  return bytes;
}

Step ReadStep(const TomlTable& table) {
  table.AllowOnly({"send", "expect"});
  Step step;
  step.send = ReadSend(table);
  if (table.Has("expect")) step.expect = ReadExpectation(table);
  if (!step.send && !step.expect) {
    table.Fail("send", fmt::format("is missing, and expect too; write steps = {}", kStepsExample));
  }
  return step;
}

// Steps as rounds: an expectation belongs to the sending before it.
std::vector<Round> ReadRounds(const TomlTable& service) {
  const TomlValue* list = service.Find("steps");
  const std::string mend = fmt::format("write steps = {}", kStepsExample);
  if (list == nullptr) service.Fail("steps", "is missing; " + mend);
  if (list->kind != TomlValue::Kind::kArray || list->items.empty()) {
    service.Fail(*list, "is no list of steps; " + mend);
  }
  std::vector<Round> rounds;
  bool answered = true;
  for (const TomlTable& table : service.Tables("steps")) {
    const Step step = ReadStep(table);
    if (!step.send && answered && !rounds.empty()) {
      table.Fail("expect",
                 "follows another one; put both into one pattern, or a send between them");
    }
    if (step.send || rounds.empty()) rounds.push_back({step.send.value_or(""), {}});
    answered = step.expect.has_value();
    if (answered) rounds.back().reply = *step.expect;
    if (answered && step.expect->kind == ReplyKind::kRequest && rounds.back().request.empty()) {
      table.Fail("expect", "nothing was sent that could come back; give the step a send");
    }
  }
  for (std::size_t i = 0; i + 1 < rounds.size(); ++i) {
    if (rounds[i].reply.kind == ReplyKind::kEndless) {
      service.Fail("steps", "an endless reply is followed by another step; make it the last");
    }
  }
  return rounds;
}

Banner ReadBanner(const TomlTable& service) {
  Banner banner;
  const auto table = service.Table("banner", R"({ lines = 1 })");
  if (!table) return banner;
  table->AllowOnly({"lines", "pattern"});
  if (table->Keys().size() != 1) {
    service.Fail("banner", R"(needs one key; write { lines = 1 } or { pattern = '220-.*' })");
  }
  constexpr int kMostLines = 1000;
  banner.lines = static_cast<int>(table->Whole("lines", 1, kMostLines).value_or(0));
  if (const auto pattern = table->Text("pattern", R"('220-.*')")) {
    CheckPattern(*table, "pattern", *pattern);
    if (pattern->empty()) table->Fail("pattern", "is empty; write pattern = '220-.*'");
    banner.pattern = *pattern;
  }
  return banner;
}

void CheckName(const TomlTable& services, const std::string& name) {
  constexpr std::size_t kLongest = 32;
  const bool good = !name.empty() && name.size() <= kLongest &&
                    std::all_of(name.begin(), name.end(), [](char letter) {
                      return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
                             letter == '-';
                    });
  if (!good) {
    services.Fail(name, "is no name for a service; write small letters, digits and -, 32 at most");
  }
  if (FindBuiltInService(name) != nullptr) {
    services.Fail(name, "is built in; give your own service another name");
  }
}

Service ReadService(const TomlTable& table, const std::string& name) {
  table.AllowOnly({"steps", "closes", "banner"});
  Service service{.name = name, .own = true};
  service.rounds = ReadRounds(table);
  service.banner = ReadBanner(table);
  if (!table.Has("closes")) {
    table.Fail("closes", R"(is missing; write closes = "server", "client" or "either")");
  }
  constexpr Closer kClosers[] = {Closer::kServer, Closer::kClient, Closer::kEither};
  service.closes = kClosers[*table.Choice("closes", {"server", "client", "either"})];
  if (service.Endless() && service.closes == Closer::kServer) {
    table.Fail("closes", "the reply is endless, so the client closes; write closes = \"client\"");
  }
  if (!service.Replies() && service.closes == Closer::kEither) {
    table.Fail("closes",
               "without a reply only the end shows that it serves; write \"server\" or "
               "\"client\"");
  }
  return service;
}

}  // namespace

std::map<std::string, Service> ReadServices(const TomlTable& root) {
  std::map<std::string, Service> services;
  const auto table = root.Table("services", fmt::format("{{ redis = {} }}", kServiceExample));
  if (!table) return services;
  for (const std::string& name : table->Keys()) {
    CheckName(*table, name);
    services.emplace(name, ReadService(*table->Table(name, kServiceExample), name));
  }
  return services;
}

}  // namespace sockspec
