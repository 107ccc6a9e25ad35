// The text of a failure: operation, endpoint, reason.
#include "reference/failure.h"

#include <cstring>

namespace sockspec::reference {

Failure::Failure(const std::string& operation, const std::string& subject, int number)
    : Failure(operation, subject, std::string(std::strerror(number))) {
  number_ = number;
}

Failure::Failure(const std::string& operation, const std::string& subject,
                 const std::string& reason)
    : std::runtime_error(operation + " " + subject + ": " + reason), operation_(operation) {}

}  // namespace sockspec::reference
