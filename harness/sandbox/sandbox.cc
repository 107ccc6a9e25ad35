// Sandbox: entering and ending.
#include "harness/sandbox/sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "harness/base/error.h"
#include "harness/sandbox/degraded.h"
#include "harness/sandbox/directory_copy.h"
#include "harness/sandbox/init.h"
#include "harness/sandbox/mounts.h"
#include "harness/sandbox/namespaces.h"
#include "harness/sandbox/network.h"
#include "harness/sandbox/parent_network.h"

namespace sockspec {
namespace {

void DieWithParent(pid_t parent) {
  CheckCall(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl(PR_SET_PDEATHSIG)");
  if (parent != 0 && getppid() != parent) {
    ThrowSystemError(ESRCH, fmt::format("parent {} of the worker", parent));
  }
}

std::string NewScratchDirectory() {
  const char* base = getenv("TMPDIR");
  std::string path =
      fmt::format("{}/sockspec-XXXXXX", base != nullptr && *base != 0 ? base : "/tmp");
  if (mkdtemp(path.data()) == nullptr) ThrowSystemError(errno, fmt::format("mkdtemp({})", path));
  return path;
}

}  // namespace

std::string StandIn::OnHost(const std::string& path) const {
  if (files.empty() || (path != at && !path.starts_with(at + "/"))) return path;
  return files + path.substr(at.size());
}

Sandbox Sandbox::Enter(const SandboxOptions& options, const HostAbilities& abilities) {
  Sandbox sandbox;
  sandbox.owner_ = getpid();
  sandbox.proc_ =
      OwnedFd(CheckCall(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), "open(/proc, O_PATH)"));
  sandbox.directory_ = std::filesystem::absolute(options.directory).lexically_normal();
  if (abilities.user_namespaces) {
    sandbox.EnterNamespaces(options, abilities);
  } else {
    sandbox.EnterDegraded(options);
  }
  CheckCall(chdir(sandbox.directory_.c_str()), "chdir({})", sandbox.directory_);
  return sandbox;
}

void Sandbox::EnterNamespaces(const SandboxOptions& options, const HostAbilities& abilities) {
  SandboxOptions absolute = options;
  absolute.directory = directory_;
  const DirectorySurvey survey =
      SurveyDirectory(options.stand_in.OnHost(directory_), abilities.overlay);
  EnterParentNetwork();
  UnshareNamespaces(proc_.get());
  DieWithParent(options.parent);  // after the change of credentials, which may clear it
  PrepareNetwork(proc_.get(), options, abilities);
  Arrangement arrangement = ArrangeMounts(absolute, abilities.overlay, survey);
  home_ = std::move(arrangement.home);
  tmp_ = std::move(arrangement.tmp);
  directory_writable_ = arrangement.directory_writable;
  init_ = StartInit(InitOptionsFor(abilities.fresh_proc));
  // Each program under test would have to do it, while its scenario waits.
  if (const int error = DropFromBoundingSet()) ThrowSystemError(error, "prctl(PR_CAPBSET_DROP)");
  isolated_ = true;
}

void Sandbox::EnterDegraded(const SandboxOptions& options) {
  DieWithParent(options.parent);
  CheckCall(prctl(PR_SET_CHILD_SUBREAPER, 1), "prctl(PR_SET_CHILD_SUBREAPER)");
  scratch_ = NewScratchDirectory();
  home_ = scratch_ + "/home";
  tmp_ = scratch_ + "/tmp";
  for (const std::string& path : {home_, tmp_}) {
    CheckCall(mkdir(path.c_str(), 0700), "mkdir({})", path);
  }
  directory_writable_ = access(directory_.c_str(), W_OK) == 0;
}

Sandbox::Sandbox(Sandbox&& other) noexcept
    : isolated_(other.isolated_),
      directory_writable_(other.directory_writable_),
      owner_(std::exchange(other.owner_, 0)),
      proc_(std::move(other.proc_)),
      init_(std::exchange(other.init_, 0)),
      home_(std::move(other.home_)),
      tmp_(std::move(other.tmp_)),
      directory_(std::move(other.directory_)),
      scratch_(std::move(other.scratch_)) {}

Sandbox::~Sandbox() { End(); }

void Sandbox::End() {
  if (owner_ != getpid()) return;  // ended, moved from, or a copy in a forked child
  owner_ = 0;
  if (init_ > 0) {
    kill(init_, SIGKILL);
    // Init's own end waits until every process number inside is free again, hence until we have
    // reaped our children there. Waiting for init alone would never return.
    ReapChildren();
  } else if (!isolated_ && !proc_.empty()) {
    EndDescendants(proc_.get());
  }
  if (!scratch_.empty()) {
    std::error_code ignored;  // a destructor's work: what cannot be removed is left
    std::filesystem::remove_all(scratch_, ignored);
  }
}

}  // namespace sockspec
