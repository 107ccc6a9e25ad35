// The tracer's picture of the program.
#include "harness/trace/process_model.h"

namespace sockspec {

std::shared_ptr<OpenSocket> TracedProcess::Socket(int fd) const {
  const auto found = descriptors.find(fd);
  return found == descriptors.end() ? nullptr : found->second.socket;
}

}  // namespace sockspec
