// Reads one [[server]] or [[client]] with its tables for single transports.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/manifest/manifest.h"
#include "harness/manifest/toml_reader.h"

namespace sockspec {

// `own_services` are those that the manifest defines.
Program ReadProgram(const TomlTable& table, Role role, const std::string& manifest_directory,
                    const std::map<std::string, Service>& own_services);

// Checks the placeholders of a launch. `users` tells which transports the value of a key
// ("command", "files", "environment", "stdin") serves. `fail` gets the key and what is wrong with
// the mend, and throws.
using KeyUsers = std::function<std::vector<Transport>(std::string_view key)>;
using LaunchFailure = std::function<void(const std::string& key, const std::string& problem)>;
void CheckLaunchPlaceholders(const LaunchSpec& spec, Role role, const KeyUsers& users,
                             const LaunchFailure& fail);

}  // namespace sockspec
