// Launching the program under test as a child of the worker, confined and (where wanted) traced.
//
// Boost.Process v2 does the launching, with a launcher of ours: vfork, because page tables are what
// a launch costs; ptrace and the seccomp filter in place before exec; exec's errno handed back.
#pragma once

#include <sys/types.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "harness/sandbox/sandbox.h"

namespace sockspec {

struct LaunchRequest {
  std::string program;                   // absolute path
  std::vector<std::string> argv;         // argv[0] as the user wrote it
  std::vector<std::string> environment;  // "NAME=value"
  std::string directory;
  int input = -1, output = -1, error = -1;  // become 0, 1, 2
  std::vector<int> closed;                  // of 0, 1, 2: closed at the start instead
  int umask = -1;                           // -1: inherited
  int first_free_descriptor = 3;            // all from 3 on before it are open on /dev/null
  Confinement confinement;
  bool trace = true;
  bool signal_actions = false;  // follow rt_sigaction(2)
  bool own_clock = false;       // follow the calls that read the wall clock
};

// exec() failed: the program's fault or the user's, not the harness's. Exit status 4.
class ProgramNotExecutable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Finds out, once for this process and those forked from it, what every launch needs.
void PrepareToLaunch();

// Returns the process id. With `trace` the child is stopped at its exec, waiting for Tracer::Adopt;
// otherwise it runs. Every descriptor from
// `first_free_descriptor` on is closed in it. The caller reaps it.
pid_t LaunchProgram(const LaunchRequest& request);

// The absolute path of argv[0] as execvp would find it: `path` is a PATH list, relative names with
// a slash start at `directory`. Throws ProgramNotExecutable with the mend.
std::string ResolveProgram(const std::string& name, const std::string& path,
                           const std::string& directory);

}  // namespace sockspec
