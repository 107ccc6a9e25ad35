// A service that a manifest defines, as JSON in the record's header.
#include "harness/campaign/service_json.h"

#include "harness/base/text.h"

namespace sockspec {
namespace {

// By their places in these lists, which only grow at the end.
constexpr const char* kReplies[] = {"nothing", "text",     "pattern", "request",
                                    "bytes",   "anything", "endless"};
constexpr const char* kClosers[] = {"server", "client", "either"};

}  // namespace

Json ServiceToJson(const Service& service) {
  Json rounds = Json::array();
  for (const Round& round : service.rounds) {
    rounds.push_back({{"send", BytesToUtf8(round.request)},
                      {"reply", kReplies[static_cast<int>(round.reply.kind)]},
                      {"text", BytesToUtf8(round.reply.text)},
                      {"bytes", round.reply.bytes}});
  }
  return {{"rounds", std::move(rounds)},
          {"closes", kClosers[static_cast<int>(service.closes)]},
          {"banner_lines", service.banner.lines},
          {"banner_pattern", BytesToUtf8(service.banner.pattern)}};
}

Service ServiceFromJson(const Json& json, const std::string& name) {
  Service service{.name = name, .own = true};
  for (const Json& round : json.at("rounds")) {
    service.rounds.push_back(
        {.request = Utf8ToBytes(round.at("send").get<std::string>()),
         .reply = {.kind = EnumFromJson<ReplyKind>(round.at("reply"), kReplies),
                   .text = Utf8ToBytes(round.at("text").get<std::string>()),
                   .bytes = round.at("bytes").get<std::int64_t>()}});
  }
  service.closes = EnumFromJson<Closer>(json.at("closes"), kClosers);
  service.banner = {.lines = json.at("banner_lines").get<int>(),
                    .pattern = Utf8ToBytes(json.at("banner_pattern").get<std::string>())};
  return service;
}

}  // namespace sockspec
