// Errors of the operating system, as exceptions.
#include "harness/base/error.h"

#include <string.h>

namespace sockspec {

void ThrowSystemError(int error, const std::string& call) {
  throw std::system_error(error, std::generic_category(), call);
}

std::string ErrnoName(int error) {
  if (error == 0) return "0";
  const char* name = strerrorname_np(error);
  return name != nullptr ? name : fmt::format("errno {}", error);
}

std::string SignalName(int signal) {
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

}  // namespace sockspec
