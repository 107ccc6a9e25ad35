// Who runs sockspec.
#include "harness/testbed/caller.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace sockspec {

const std::string& CallerName() {
  static const std::string name = [] {
    const passwd* entry = getpwuid(getuid());
    return entry != nullptr ? entry->pw_name : std::to_string(getuid());
  }();
  return name;
}

const std::string& CallerHome() {
  static const std::string home = []() -> std::string {
    if (const char* variable = getenv("HOME"); variable != nullptr && *variable == '/') {
      return variable;
    }
    const passwd* entry = getpwuid(getuid());
    return entry != nullptr ? entry->pw_dir : "";
  }();
  return home;
}

}  // namespace sockspec
