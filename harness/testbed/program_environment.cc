// The environment variables that programs get in a sandbox.
#include "harness/testbed/program_environment.h"

#include <cstdlib>

namespace sockspec {

std::map<std::string, std::string> ProgramEnvironment(const Manifest& manifest,
                                                      const std::string& tool_folder,
                                                      const Sandbox& sandbox) {
  const char* host_path = getenv("PATH");
  std::map<std::string, std::string> environment = {
      {"PATH",
       tool_folder + ":" + (host_path != nullptr ? host_path : "/usr/local/bin:/usr/bin:/bin")},
      {"HOME", sandbox.home()},
      {"TMPDIR", sandbox.tmp()},
      {"LC_ALL", "C"},
      {"TZ", "UTC"}};
  for (const std::string& name : manifest.environment_pass) {
    if (const char* value = getenv(name.c_str()); value != nullptr) environment[name] = value;
  }
  for (const auto& [name, value] : manifest.environment_set) environment[name] = value;
  return environment;
}

}  // namespace sockspec
