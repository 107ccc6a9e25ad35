// Errors of the operating system, as exceptions that carry the call and its arguments.
//
// An exception always means trouble of the harness's own and ends as verdict `error`. What the
// program under test does wrong is a value, never an exception.
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace sockspec {

// Throws std::system_error for `error` (an errno value); `call` names the call with its arguments,
// as in "bind(5, 127.0.0.1:13)".
[[noreturn]] void ThrowSystemError(int error, const std::string& call);

// Passes on `result` of a call that reports errors as -1 in errno; throws for -1.
// Example: OwnedFd fd(CheckCall(socket(AF_INET, SOCK_STREAM, 0), "socket(AF_INET, SOCK_STREAM)"));
template <typename Result, typename... Args>
Result CheckCall(Result result, fmt::format_string<Args...> call, Args&&... args) {
  if (result == static_cast<Result>(-1)) {
    const int error = errno;  // before formatting, which may change it
    ThrowSystemError(error, fmt::format(call, std::forward<Args>(args)...));
  }
  return result;
}

// The symbolic name of an errno value ("ECONNRESET"), or "errno 123" for an unknown one; "0" for 0.
std::string ErrnoName(int error);
// The name of a signal ("SIGTERM"), or "signal 77".
std::string SignalName(int signal);

}  // namespace sockspec
