// Programs of a manifest as JSON and back.
#pragma once

#include <nlohmann/json.hpp>

#include "harness/manifest/manifest.h"

namespace sockspec {

// Keeps the order of keys: records are read by people.
using Json = nlohmann::ordered_json;

Json ProgramToJson(const Program& program);
// Throws std::runtime_error or nlohmann's exceptions for what is malformed.
Program ProgramFromJson(const Json& json);

Transport TransportFromJson(const Json& json);
Role RoleFromJson(const Json& json);

}  // namespace sockspec
