// The table of services.
#include "reference/services.h"

#include "reference/chargen_service.h"
#include "reference/daytime.h"
#include "reference/echo_service.h"
#include "reference/failure.h"
#include "reference/message_service.h"
#include "reference/quote.h"
#include "reference/time_value.h"

namespace sockspec::reference {
namespace {

template <typename AnyService>
std::unique_ptr<Service> Make() {
  return std::make_unique<AnyService>();
}

template <std::string (*text)(std::time_t)>
std::unique_ptr<Service> MakeMessage() {
  return std::make_unique<MessageService>(text);
}

}  // namespace

ServiceMaker FindService(const std::string& name) {
  static constexpr struct {
    const char* name;
    ServiceMaker make;
  } kServices[] = {
      {"daytime", MakeMessage<DaytimeText>}, {"time", MakeMessage<TimeValue>},
      {"echo", Make<EchoService>},           {"discard", Make<DiscardService>},
      {"chargen", Make<ChargenService>},     {"qotd", MakeMessage<QuoteOfTheDay>},
  };
  for (const auto& service : kServices) {
    if (name == service.name) return service.make;
  }
  throw UsageError("unknown service '" + name + "'");
}

}  // namespace sockspec::reference
