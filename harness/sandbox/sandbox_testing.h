// For the tests of this folder: a worker in a sandbox, and confined programs inside it.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "harness/base/error.h"
#include "harness/base/owned_fd.h"
#include "harness/sandbox/sandbox.h"

namespace sockspec::testing {

struct Pipe {
  OwnedFd reader, writer;
};

inline Pipe NewPipe() {
  int ends[2];
  CheckCall(pipe2(ends, O_CLOEXEC), "pipe2()");
  return {OwnedFd(ends[0]), OwnedFd(ends[1])};
}

// Everything up to the end of file, which comes when every writer is gone. A writer that outlives
// its test fails it here after the (generous) deadline, where it would hang otherwise.
inline std::string ReadAll(const OwnedFd& reader) {
  std::string all;
  for (;;) {
    pollfd ready = {reader.get(), POLLIN, 0};
    if (poll(&ready, 1, 60'000) <= 0) return all + "[still open]";
    char buffer[4096];
    const ssize_t size = read(reader.get(), buffer, sizeof buffer);
    if (size <= 0) return all;
    all.append(buffer, static_cast<std::size_t>(size));
  }
}

inline void WriteText(const OwnedFd& writer, const std::string& text) {
  CheckCall(write(writer.get(), text.data(), text.size()), "write()");
}

// What `body` returns or throws in a child process.
inline std::string InChild(const std::function<std::string()>& body) {
  Pipe pipe = NewPipe();
  const pid_t child = CheckCall(fork(), "fork()");
  if (child == 0) {
    std::string text;
    try {
      text = body();
    } catch (const std::exception& error) {
      text = std::string("thrown: ") + error.what();
    }
    WriteText(pipe.writer, text);
    _exit(0);
  }
  pipe.writer.Reset();
  std::string text = ReadAll(pipe.reader);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) text += "[killed by " + SignalName(WTERMSIG(status)) + "]";
  return text;
}

// What `body` returns in a worker that has entered its sandbox.
inline std::string InSandbox(const SandboxOptions& options, const HostAbilities& abilities,
                             const std::function<std::string(Sandbox&)>& body) {
  return InChild([&] {
    Sandbox sandbox = Sandbox::Enter(options, abilities);
    return body(sandbox);
  });
}

// What `body` returns in a confined child of the worker, where the program under test would be.
inline std::string Confined(const std::function<std::string()>& body,
                            const Confinement& confinement = {}) {
  return InChild([&] {
    if (const int error = ConfineSelf(confinement)) return "ConfineSelf: " + ErrnoName(error);
    return body();
  });
}

// Output, errors included, of a shell script run confined.
inline std::string Shell(const std::string& script, const Confinement& confinement = {}) {
  Pipe pipe = NewPipe();
  const pid_t child = CheckCall(fork(), "fork()");
  if (child == 0) {
    dup2(pipe.writer.get(), STDOUT_FILENO);
    dup2(pipe.writer.get(), STDERR_FILENO);
    if (ConfineSelf(confinement) == 0) {
      execl("/bin/sh", "sh", "-c", script.c_str(), static_cast<char*>(nullptr));
    }
    _exit(127);
  }
  pipe.writer.Reset();
  std::string output = ReadAll(pipe.reader);
  waitpid(child, nullptr, 0);
  return output;
}

// A new directory, removed with everything in it.
class ScratchDirectory {
 public:
  explicit ScratchDirectory(const std::string& parent = ::testing::TempDir()) {
    path_ = std::filesystem::canonical(parent).string() + "/sandbox-test-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) ThrowSystemError(errno, "mkdtemp(" + path_ + ")");
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

  std::string Write(const std::string& name, const std::string& text) const {
    const std::string file = path_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    std::ofstream(file) << text;
    return file;
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(path_ + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string path_;
};

inline const HostAbilities& Host() {
  static const HostAbilities host = ProbeHost();
  return host;
}

class IsolatedSandbox : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Host().user_namespaces) GTEST_SKIP() << "no user namespaces on this host";
    options_.directory = directory_.path();
  }

  std::string Run(const std::string& script, const Confinement& confinement = {}) {
    return InSandbox(options_, Host(), [&](Sandbox&) { return Shell(script, confinement); });
  }

  ScratchDirectory directory_;
  SandboxOptions options_;
};

}  // namespace sockspec::testing
