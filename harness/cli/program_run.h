// For tests: runs the built `sockspec` and keeps what it wrote.
#pragma once

#include <string>
#include <vector>

namespace sockspec {

struct ProgramRun {
  int status = -1;  // exit status, or -1 for a signal
  std::string output, error;
};

// With the words as arguments, in `folder`; with its own empty cache and without colours.
ProgramRun RunSockspec(const std::vector<std::string>& arguments, const std::string& folder = ".");

// A new empty folder.
std::string FreshFolder(const std::string& name);
std::string ReadWhole(const std::string& file);

}  // namespace sockspec
