// Reads the claims of a program.
#pragma once

#include "harness/manifest/manifest.h"
#include "harness/manifest/toml_reader.h"

namespace sockspec {

// The key `claims` of `table`; what it leaves out has its default.
Claims ReadClaims(const TomlTable& table, Role role);

}  // namespace sockspec
