// Reads one [[server]] or [[client]] with its tables for single transports.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/manifest/manifest.h"
#include "harness/manifest/toml_reader.h"

namespace sockspec {

// The services of RFC 862 to 868.
const std::vector<std::string>& KnownServices();

Program ReadProgram(const TomlTable& table, Role role, const std::string& manifest_directory);

// Checks the placeholders of a launch; its command serves `command_transports`, its files
// `files_transports`. `fail` gets the key ("command", "files") and
// what is wrong with the mend, and throws.
using LaunchFailure = std::function<void(const std::string& key, const std::string& problem)>;
void CheckLaunchPlaceholders(const LaunchSpec& spec, Role role,
                             const std::vector<Transport>& command_transports,
                             const std::vector<Transport>& files_transports,
                             const LaunchFailure& fail);

}  // namespace sockspec
