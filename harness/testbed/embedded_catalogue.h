// The texts of suites/requirements/*.toml, as the build embeds them.
#pragma once

#include <map>
#include <string>

namespace sockspec {

// File name -> content. The source is generated.
std::map<std::string, std::string> EmbeddedRequirementFiles();

}  // namespace sockspec
