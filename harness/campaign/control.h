// The reference as control: what the known-good programs fail here is this host's doing.
//
// Judged once for each boot, kernel, version and build of the tool; a file in the user's cache
// folder remembers what passed. What failed is judged anew each time, so that a host that was busy
// once is not blamed for ever.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/campaign/campaign.h"

namespace sockspec {

// What some program is to be judged on.
struct ControlledCase {
  Role role = Role::kServer;
  std::string service;
  Transport transport = Transport::kTcp4;
  std::vector<std::string> requirements;
};

// The manifest of the reference programs, which lie in the tool's folder, for a built-in service.
Manifest ReferenceManifest(const std::string& service = "daytime");
bool IsReference(const Program& program);

// Judges the reference wherever it was not yet judged on this host; nothing when interrupted.
std::optional<std::vector<HostFault>> JudgeControl(const std::vector<ControlledCase>& cases,
                                                   const CampaignOptions& options);

}  // namespace sockspec
