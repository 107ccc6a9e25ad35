// What goes wrong: a system call that failed, or wrong arguments. main() prints it and ends.
#pragma once

#include <stdexcept>
#include <string>

namespace sockspec::reference {

// "bind 127.0.0.1:13: Permission denied". Exit status 1.
class Failure : public std::runtime_error {
 public:
  // `number` is an errno value; read it before any other call can change it.
  Failure(const std::string& operation, const std::string& subject, int number);
  Failure(const std::string& operation, const std::string& subject, const std::string& reason);

  int number() const { return number_; }
  const std::string& operation() const { return operation_; }

 private:
  std::string operation_;
  int number_ = 0;
};

// Wrong arguments; what() is the reason. Exit status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace sockspec::reference
