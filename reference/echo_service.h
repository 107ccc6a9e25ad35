// Echo (RFC 862) and its silent sister discard (RFC 863).
#pragma once

#include "reference/services.h"

namespace sockspec::reference {

// All that comes goes back, until the client ends.
class EchoService : public Service {
 public:
  std::string Reply(std::string_view input) override { return std::string(input); }
  std::optional<std::string> Answer(std::string_view request) override {
    return std::string(request);
  }
};

// All that comes is thrown away, and nothing is ever said.
class DiscardService : public Service {
 public:
  std::optional<std::string> Answer(std::string_view /*request*/) override { return std::nullopt; }
};

}  // namespace sockspec::reference
