// A service that a manifest defines, as JSON in the record's header.
#pragma once

#include "harness/campaign/launch_spec_json.h"
#include "harness/manifest/service.h"

namespace sockspec {

Json ServiceToJson(const Service& service);
// `name` is the program's. Throws std::runtime_error that says what is wrong.
Service ServiceFromJson(const Json& json, const std::string& name);

}  // namespace sockspec
