// Where a command's program is.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <fmt/format.h>

#include "harness/base/text.h"
#include "harness/launch/launch.h"

namespace sockspec {
namespace {

bool IsRegularFile(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

bool IsExecutable(const std::string& path) {
  return IsRegularFile(path) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::string ResolveProgram(const std::string& name, const std::string& path,
                           const std::string& directory) {
  if (name.find('/') != std::string::npos) {
    const std::filesystem::path full = std::filesystem::path(directory) / name;
    const std::string text = full.lexically_normal().string();
    if (IsExecutable(text)) return text;
    if (IsRegularFile(text)) {
      throw ProgramNotExecutable(fmt::format("{}: not executable; run `chmod +x {}`", name, text));
    }
    throw ProgramNotExecutable(fmt::format(
        "{}: no such program at {}; build it first or correct the command", name, text));
  }
  for (std::string_view folder : Split(path, ':')) {
    const std::string text = fmt::format("{}/{}", folder.empty() ? "." : folder, name);
    if (IsExecutable(text)) return text;
  }
  if (IsRegularFile(directory + "/" + name)) {
    throw ProgramNotExecutable(
        fmt::format("{}: not found on PATH; write ./{} for the one in {}", name, name, directory));
  }
  throw ProgramNotExecutable(
      fmt::format("{}: not found on PATH; install it or give its path", name));
}

}  // namespace sockspec
