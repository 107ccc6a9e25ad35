// The manifest's [build] commands: run once, before the first scenario.
//
// They run in a sandbox like the program itself, without a network, in a copy of the manifest's
// folder; that copy is the lower layer of every case. So nothing is left in the folder, which may
// be read-only. Without namespaces they run in the folder itself.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "harness/manifest/manifest.h"
#include "harness/sandbox/sandbox.h"

namespace sockspec {

// A build command failed or cannot be executed; says what it printed last. Exit status 4.
class BuildFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What was built; removed with this object.
class BuiltFolder {
 public:
  BuiltFolder() = default;
  explicit BuiltFolder(std::string path) : path_(std::move(path)) {}
  BuiltFolder(BuiltFolder&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  BuiltFolder& operator=(BuiltFolder&&) = delete;
  ~BuiltFolder();
  const std::string& path() const { return path_; }  // "": no copy was made

 private:
  std::string path_;
};

// `tool_folder` is first on the commands' PATH. Throws BuildFailed.
BuiltFolder BuildPrograms(const Manifest& manifest, const HostAbilities& abilities,
                          const std::string& tool_folder);

}  // namespace sockspec
