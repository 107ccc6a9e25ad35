// Descriptors 0, 1 and 2 at the start of a program.
#include "reference/descriptor.h"

#include <fcntl.h>

#include <cerrno>

#include "reference/failure.h"

namespace sockspec::reference {

void OpenMissingStandardDescriptors() {
  int number = 0;
  while (number <= STDERR_FILENO) {
    // open() takes the lowest free number, so it fills the gaps in order.
    number = open("/dev/null", O_RDWR);
    if (number < 0) throw Failure("open", "/dev/null", errno);
  }
  close(number);
}

}  // namespace sockspec::reference
