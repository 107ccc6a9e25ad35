// The file that remembers on what the reference was found good on this host.
#pragma once

#include <set>
#include <string>
#include <tuple>

#include "harness/base/transport.h"

namespace sockspec {

// role, service, transport, requirement
using ControlledItem = std::tuple<Role, std::string, Transport, std::string>;

// Where it is: below $XDG_CACHE_HOME or ~/.cache, named after boot, kernel, version, the files of
// the tool, and `means`, which says with what the programs are watched here. "" where there is no
// such folder.
std::string ControlCacheFile(const std::string& tool_folder, const std::string& means);

// Nothing where there is no such file or it cannot be understood.
std::set<ControlledItem> ReadControlCache(const std::string& file);
// Replaces the file in one step; a folder that cannot be written is no trouble.
void WriteControlCache(const std::string& file, const std::set<ControlledItem>& good);

}  // namespace sockspec
