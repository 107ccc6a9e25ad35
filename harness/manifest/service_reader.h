// Reads [services.NAME]: what a program of the user's own speaks.
#pragma once

#include <map>
#include <string>

#include "harness/manifest/service.h"
#include "harness/manifest/toml_reader.h"

namespace sockspec {

// Those that the manifest defines, by name. `root` is the whole document.
std::map<std::string, Service> ReadServices(const TomlTable& root);

}  // namespace sockspec
