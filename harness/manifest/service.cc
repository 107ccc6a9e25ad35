// The services of RFC 862 to 868, and questions on any.
#include "harness/manifest/service.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"

namespace sockspec {
namespace {

// Any bytes would do. A line of text is what every server of these services can take; that all
// bytes come back is for ECH-01 to ask.
constexpr const char* kSomeLine = "sockspec sends one line\r\n";

// RFC 864: lines of 72 characters and CRLF. So many of them show the pattern turning.
constexpr std::int64_t kTwentyLines = 20 * (72 + 2);

std::vector<Service> MakeBuiltInServices() {
  const Reply anything{ReplyKind::kAnything, "", 0};
  return {
      // RFC 867: "a message is sent ... and the connection is closed" by the server.
      {.name = "daytime", .rounds = {{"", anything}}, .closes = Closer::kServer},
      // RFC 868: the list shows the user closing first, the text the server (contested.md X-23).
      {.name = "time", .rounds = {{"", {ReplyKind::kBytes, "", 4}}}, .closes = Closer::kEither},
      // RFC 862, 863, 864: until the calling user terminates the connection.
      {.name = "echo",
       .rounds = {{kSomeLine, {ReplyKind::kRequest, "", 0}}},
       .closes = Closer::kClient},
      {.name = "discard",
       .rounds = {{kSomeLine, {ReplyKind::kNothing, "", 0}}},
       .closes = Closer::kClient},
      {.name = "chargen",
       .rounds = {{"", {ReplyKind::kEndless, "", kTwentyLines}}},
       .closes = Closer::kClient},
      // RFC 865: as daytime.
      {.name = "qotd", .rounds = {{"", anything}}, .closes = Closer::kServer},
  };
}

const std::vector<Service>& BuiltInServices() {
  static const std::vector<Service> services = MakeBuiltInServices();
  return services;
}

bool Contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

bool Service::Replies() const {
  return std::any_of(rounds.begin(), rounds.end(),
                     [](const Round& round) { return round.reply.kind != ReplyKind::kNothing; });
}

std::string Service::Requests() const {
  std::string all;
  for (const Round& round : rounds) all += round.request;
  return all;
}

const std::vector<std::string>& BuiltInServiceNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Service& service : BuiltInServices()) all.push_back(service.name);
    return all;
  }();
  return names;
}

const std::vector<std::string>& RawServiceNames() {
  static const std::vector<std::string> names = {"icmp-echo", "icmp-timestamp", "igmp"};
  return names;
}

const Service* FindBuiltInService(std::string_view name) {
  static const std::vector<Service> raw = [] {
    std::vector<Service> services;
    for (const std::string& raw_name : RawServiceNames()) services.push_back({.name = raw_name});
    return services;
  }();
  for (const std::vector<Service>* services : {&BuiltInServices(), &raw}) {
    for (const Service& service : *services) {
      if (service.name == name) return &service;
    }
  }
  return nullptr;
}

std::string WhyNotSpoken(const Service& service, Role role, Transport transport) {
  const bool raw = Contains(RawServiceNames(), service.name);
  if (raw != IsRaw(transport)) {
    return fmt::format(
        "{} is not spoken over {}; {}", service.name, Name(transport),
        raw ? "write icmp4 or icmp6" : "its services are " + Join(RawServiceNames(), ", "));
  }
  if (raw && role == Role::kServer) {
    return fmt::format("{} is for clients: the kernel is its server", service.name);
  }
  if (transport == Transport::kIcmp6 && service.name != "icmp-echo") {
    return fmt::format("{} is not spoken over icmp6; write icmp4", service.name);
  }
  return "";
}

std::vector<std::string> TraitsOf(const Service& service) {
  std::vector<std::string> traits = {"any",
                                     service.ServerSpeaksFirst() ? "server-first" : "client-first"};
  if (service.closes == Closer::kServer) traits.emplace_back("server-closes");
  if (service.closes == Closer::kClient) traits.emplace_back("client-closes");
  if (service.Replies()) traits.emplace_back("replies");
  if (service.rounds.size() == 1) traits.emplace_back("one-round");
  return traits;
}

const std::vector<std::string>& KnownTraits() {
  static const std::vector<std::string> traits = {"any",           "server-first",  "client-first",
                                                  "server-closes", "client-closes", "replies",
                                                  "one-round"};
  return traits;
}

}  // namespace sockspec
