// Programs of a manifest as JSON and back.
#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "harness/base/text.h"
#include "harness/manifest/manifest.h"

namespace sockspec {

// Keeps the order of keys: records are read by people.
using Json = nlohmann::ordered_json;

Json ProgramToJson(const Program& program);
// Throws std::runtime_error or nlohmann's exceptions for what is malformed.
Program ProgramFromJson(const Json& json);

// The enumerator whose place in `words` is that of the JSON's word. Throws std::runtime_error.
template <typename Enum, std::size_t kCount>
Enum EnumFromJson(const Json& json, const char* const (&words)[kCount]) {
  const std::string word = json.get<std::string>();
  for (std::size_t i = 0; i < kCount; ++i) {
    if (word == words[i]) return static_cast<Enum>(i);
  }
  throw std::runtime_error(fmt::format("unknown word {}", Quote(word)));
}

Transport TransportFromJson(const Json& json);
Role RoleFromJson(const Json& json);

}  // namespace sockspec
