// Tests of what a launched program starts with.
#include "harness/launch/launch.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "harness/base/error.h"
#include "harness/base/owned_fd.h"

namespace sockspec {
namespace {

// What `script` writes.
std::string OutputOf(const std::string& script) {
  int ends[2];
  CheckCall(pipe2(ends, O_CLOEXEC), "pipe2()");
  const OwnedFd reader(ends[0]);
  OwnedFd writer(ends[1]);
  const OwnedFd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  LaunchRequest request;
  request.program = "/bin/sh";
  request.argv = {"sh", "-c", script};
  request.directory = std::string("/");  // a literal: a false -Wrestrict of GCC 12
  request.input = null.get();
  request.output = request.error = writer.get();
  request.trace = false;
  const pid_t pid = LaunchProgram(request);
  writer.Reset();
  std::string output;
  char buffer[4096];
  for (ssize_t got; (got = read(reader.get(), buffer, sizeof buffer)) > 0;) {
    output.append(buffer, static_cast<std::size_t>(got));
  }
  EXPECT_EQ(waitpid(pid, nullptr, 0), pid);
  return output;
}

// As under nohup, and as the worker blocks them.
TEST(Launch, SignalsHaveTheirDefaults) {
  ASSERT_NE(signal(SIGHUP, SIG_IGN), SIG_ERR);
  ASSERT_NE(signal(SIGRTMIN + 3, SIG_IGN), SIG_ERR);
  sigset_t all;
  sigfillset(&all);
  ASSERT_EQ(sigprocmask(SIG_BLOCK, &all, nullptr), 0);
  EXPECT_EQ(OutputOf("while read -r name value; do case $name in SigBlk:|SigIgn:) "
                     "echo $name $value;; esac; done < /proc/self/status"),
            "SigBlk: 0000000000000000\nSigIgn: 0000000000000000\n");
}

}  // namespace
}  // namespace sockspec
