// The environment variables that programs get in a sandbox.
#pragma once

#include <map>
#include <string>

#include "harness/manifest/manifest.h"
#include "harness/sandbox/sandbox.h"

namespace sockspec {

// PATH with `tool_folder` first, HOME, TMPDIR, LC_ALL, TZ, and what the manifest passes and sets.
std::map<std::string, std::string> ProgramEnvironment(const Manifest& manifest,
                                                      const std::string& tool_folder,
                                                      const Sandbox& sandbox);

}  // namespace sockspec
