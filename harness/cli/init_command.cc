// sockspec init: a manifest to start from.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>

#include "harness/base/error.h"
#include "harness/base/owned_fd.h"
#include "harness/campaign/verdicts.h"
#include "harness/cli/commands.h"
#include "harness/cli/output.h"
#include "harness/manifest/manifest.h"

namespace sockspec {
namespace {

constexpr const char* kFile = "sockspec.toml";

int Init() {
  const int fd = open(kFile, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0 && errno == EEXIST) {
    throw UsageError("sockspec.toml is there already; it is left as it is");
  }
  OwnedFd(CheckCall(fd, "open({})", kFile)).Reset();
  WriteFile(kFile, ManifestTemplate());
  Print("Wrote sockspec.toml. Put your commands in it, then: sockspec run\n");
  return kExitPassed;
}

}  // namespace

void AddInit(CLI::App& app, Action* action) {
  CLI::App& command = *app.add_subcommand("init", "Write a commented ./sockspec.toml");
  command.footer("\nAn existing file is never overwritten.\n");
  command.callback([action] { *action = Init; });
}

}  // namespace sockspec
