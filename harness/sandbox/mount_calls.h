// Thin wrappers of the mount calls of Linux 5.2 and later: descriptors in, descriptors out.
#pragma once

#include <cstdint>
#include <string>

#include "harness/base/owned_fd.h"

namespace sockspec {

// All of these throw std::system_error.

// Makes every mount of the namespace private and read-only, in one call.
void MakeEverythingReadOnly();
// A tmpfs of at most `bytes`, not attached yet.
OwnedFd NewTmpfs(std::int64_t bytes);
// An overlay of three directories, not attached yet. The directories are handed over as
// descriptors, since a path may hold what the option's syntax reserves (":", ",", "\"). upper and
// work must lie in an attached mount. Needs a /proc at /proc.
OwnedFd NewOverlay(int lower, int upper, int work);
// A detached copy of the directory or file `name` below `directory` ("" for directory itself), with
// what is mounted below it.
OwnedFd CloneMount(int directory, const std::string& name);
// Attaches a detached mount at `path`.
void AttachMount(int mount, const std::string& path);

}  // namespace sockspec
