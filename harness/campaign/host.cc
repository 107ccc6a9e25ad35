// Words about this host and this moment.
#include "harness/campaign/host.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <ctime>

#include "harness/base/error.h"

namespace sockspec {

std::string HostName() {
  utsname name{};
  CheckCall(uname(&name), "uname()");
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

std::string UtcTime(std::int64_t realtime_nanoseconds) {
  const time_t seconds = realtime_nanoseconds / 1'000'000'000;
  tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

std::string RandomId() {
  std::uint64_t number = 0;
  CheckCall(getrandom(&number, sizeof number, 0), "getrandom()");
  return fmt::format("{:016x}", number);
}

std::string SandboxWords(const HostAbilities& abilities) {
  return abilities.user_namespaces ? "namespaces" : "none: this host refuses user namespaces";
}

std::string PlaneWords(const CampaignOptions& options) {
  if (options.planes == Planes::kWire) return "wire, process (--planes wire)";
  if (options.planes == Planes::kKernel) return "kernel, wire, process (--planes kernel)";
  if (options.interactive) return "kernel, wire, process (--debugger)";
  if (!options.abilities.ptrace) return "kernel, wire, process (ptrace denied)";
  return std::string(kAllPlanes);
}

std::string SearchPath(const Manifest& manifest, const LaunchSpec& spec,
                       const std::string& tool_folder) {
  for (const auto* environment : {&spec.environment, &manifest.environment_set}) {
    const auto own = environment->find("PATH");
    if (own != environment->end()) return own->second;
  }
  const char* path = getenv("PATH");
  return tool_folder + ":" + (path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin");
}

}  // namespace sockspec
