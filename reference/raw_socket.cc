// socket(..., SOCK_RAW, ...).
#include "reference/raw_socket.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "reference/connection.h"
#include "reference/failure.h"

namespace sockspec::reference {

Descriptor MakeRawSocket(int family, int protocol, const char* name) {
  Descriptor raw(socket(family, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (raw.get() >= 0) return raw;
  if (errno != EPERM && errno != EACCES) throw Failure("socket", name, errno);
  throw Failure("socket", name,
                std::string(std::strerror(errno)) + " (raw sockets need CAP_NET_RAW)");
}

void PrintLine(const std::string& line) {
  if (!WriteAll(STDOUT_FILENO, line + "\n")) throw Failure("write", "standard output", errno);
}

}  // namespace sockspec::reference
