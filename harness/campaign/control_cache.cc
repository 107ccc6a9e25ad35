// Reads and writes the control's cache: a line for each item, "server tcp4 CLS-01".
#include "harness/campaign/control_cache.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "harness/campaign/host.h"

namespace sockspec {
namespace {

constexpr const char* kFirstLine = "# sockspec: what the reference programs pass on this host";

std::string CacheFolder() {
  for (const auto& [variable, below] :
       {std::pair("XDG_CACHE_HOME", "/sockspec"), std::pair("HOME", "/.cache/sockspec")}) {
    const char* folder = getenv(variable);
    if (folder != nullptr && *folder == '/') return std::string(folder) + below;
  }
  return "";
}

// FNV-1a over what tells one build of the files from another.
std::uint64_t HashOf(const std::string& folder, const std::string& means) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&](std::int64_t number) {
    for (int byte = 0; byte < 8; ++byte) {
      hash = (hash ^ (static_cast<std::uint64_t>(number) >> (8 * byte) & 0xff)) * 0x100000001b3;
    }
  };
  for (const char* name : {"sockspec", "sockspec-reference-server", "sockspec-reference-client"}) {
    struct stat info {};
    if (stat(fmt::format("{}/{}", folder, name).c_str(), &info) != 0) continue;
    for (std::int64_t number :
         {static_cast<std::int64_t>(info.st_size), static_cast<std::int64_t>(info.st_mtim.tv_sec),
          static_cast<std::int64_t>(info.st_mtim.tv_nsec),
          static_cast<std::int64_t>(info.st_ino)}) {
      add(number);
    }
  }
  for (const char c : means) add(c);
  add(getuid());  // another user may be allowed something else
  return hash;
}

std::string BootId() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  return id.empty() ? "unknown" : id;
}

}  // namespace

std::string ControlCacheFile(const std::string& tool_folder, const std::string& means) {
  const std::string folder = CacheFolder();
  if (folder.empty()) return "";
  std::string kernel = HostName();
  for (char& c : kernel) {
    if (c == ' ' || c == '/') c = '-';
  }
  return fmt::format("{}/control-{}-{}-{}-{:016x}", folder, BootId(), kernel, SOCKSPEC_VERSION,
                     HashOf(tool_folder, means));
}

std::set<ControlledItem> ReadControlCache(const std::string& file) {
  std::set<ControlledItem> good;
  std::ifstream stream(file);
  std::string line;
  if (!std::getline(stream, line) || line != kFirstLine) return {};
  while (std::getline(stream, line)) {
    std::istringstream words(line);
    std::string role_name, service, transport_name, requirement;
    words >> role_name >> service >> transport_name >> requirement;
    const std::optional<Role> role = ParseRole(role_name);
    const std::optional<Transport> transport = ParseTransport(transport_name);
    if (!role || !transport || requirement.empty()) return {};
    good.emplace(*role, service, *transport, requirement);
  }
  return good;
}

void WriteControlCache(const std::string& file, const std::set<ControlledItem>& good) {
  if (file.empty()) return;
  std::error_code refused;
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  std::filesystem::create_directories(folder, refused);
  // Those of earlier boots and builds are of no use any more.
  for (std::filesystem::directory_iterator entry(folder, refused), end; !refused && entry != end;
       entry.increment(refused)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;
    if (name.starts_with("control-") && !name.starts_with("control-" + BootId())) {
      std::filesystem::remove(entry->path(), ignored);
    }
  }
  const std::string temporary = fmt::format("{}.{}", file, getpid());
  {
    std::ofstream stream(temporary, std::ios::trunc);
    stream << kFirstLine << '\n';
    for (const auto& [role, service, transport, requirement] : good) {
      stream << Name(role) << ' ' << service << ' ' << Name(transport) << ' ' << requirement
             << '\n';
    }
    if (!stream.flush()) return;
  }
  std::filesystem::rename(temporary, file, refused);
}

}  // namespace sockspec
