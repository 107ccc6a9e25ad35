// Runs the built `sockspec`.
#include "harness/cli/program_run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "harness/base/text.h"

namespace sockspec {

std::string FreshFolder(const std::string& name) {
  const std::string folder = ::testing::TempDir() + "sockspec_" + name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

std::string ReadWhole(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

ProgramRun RunSockspec(const std::vector<std::string>& arguments, const std::string& folder) {
  const std::string files = FreshFolder("program_run");
  std::vector<std::string> words = {SOCKSPEC_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const std::string command =
      fmt::format("cd {} && XDG_CACHE_HOME={} NO_COLOR=1 {} >{}/out 2>{}/err </dev/null",
                  ShellQuote({folder}), ShellQuote({files}), ShellQuote(words), files, files);
  const int status = std::system(command.c_str());
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          .output = ReadWhole(files + "/out"),
          .error = ReadWhole(files + "/err")};
}

}  // namespace sockspec
