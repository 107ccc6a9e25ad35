// Words about this host and this moment, as records hold them.
#pragma once

#include <cstdint>
#include <string>

#include "harness/campaign/campaign.h"
#include "harness/manifest/manifest.h"
#include "harness/sandbox/sandbox.h"

namespace sockspec {

std::string HostName();                                    // "Linux 6.1.0-18-amd64 x86_64"
std::string UtcTime(std::int64_t realtime_nanoseconds);    // "2026-11-22T20:31:20Z"
std::string RandomId();                                    // 16 hexadecimal digits
std::string SandboxWords(const HostAbilities& abilities);  // "namespaces" or "none: why"
// "trace, kernel, wire, process", or fewer and why: "kernel, wire, process (ptrace denied)".
std::string PlaneWords(const CampaignOptions& options);

// The PATH on which a program's first word is looked up.
std::string SearchPath(const Manifest& manifest, const LaunchSpec& spec,
                       const std::string& tool_folder);

}  // namespace sockspec
