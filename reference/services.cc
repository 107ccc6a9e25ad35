// The table of services.
#include "reference/services.h"

#include "reference/daytime.h"
#include "reference/failure.h"

namespace sockspec::reference {

ServeFunction FindService(const std::string& name) {
  static constexpr struct {
    const char* name;
    ServeFunction serve;
  } kServices[] = {
      {"daytime", ServeDaytime},
  };
  for (const auto& service : kServices) {
    if (name == service.name) return service.serve;
  }
  throw UsageError("unknown service '" + name + "'");
}

}  // namespace sockspec::reference
