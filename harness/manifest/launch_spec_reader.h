// Reads the keys that say how a program is launched, for one transport.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/manifest/manifest.h"
#include "harness/manifest/toml_reader.h"

namespace sockspec {

// The keys that a [server.TRANSPORT] table may hold.
const std::vector<std::string>& LaunchKeys(Role role);

// The values that hold where the manifest says nothing, without a command. A client of a service in
// which the client speaks gets what it is to send on standard input.
LaunchSpec DefaultLaunchSpec(Role role, const Service& service,
                             const std::string& manifest_directory);

// `table` is [server], or [server.TRANSPORT] laid over it.
LaunchSpec ReadLaunchSpec(const TomlTable& table, Role role, const Service& service,
                          Transport transport, const std::string& manifest_directory);

// A table of variables and values.
std::map<std::string, std::string> ReadEnvironment(const TomlTable& table, std::string_view name);

// `path` as an absolute path, relative ones starting at `directory`.
std::string AbsolutePath(const std::string& directory, const std::string& path);

}  // namespace sockspec
