// Look first, then probe, then unlink: a path is somebody's data until proven stale.
#include "reference/unix_path.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "reference/descriptor.h"
#include "reference/failure.h"

namespace sockspec::reference {

void RemoveStaleSocket(const Endpoint& endpoint) {
  if (endpoint.path.empty()) return;
  const char* const path = endpoint.path.c_str();
  struct stat status;
  if (lstat(path, &status) < 0) {
    if (errno == ENOENT) return;
    throw Failure("lstat", endpoint.name, errno);
  }
  if (!S_ISSOCK(status.st_mode)) throw Failure("bind", endpoint.name, "exists and is no socket");

  // Non-blocking, because a living server's full queue would make connect() wait.
  const Descriptor probe(socket(endpoint.family, endpoint.type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (probe.get() < 0) throw Failure("socket", endpoint.name, errno);
  const int result = connect(probe.get(), endpoint.generic(), endpoint.length);
  if (result == 0 || errno != ECONNREFUSED) throw Failure("bind", endpoint.name, EADDRINUSE);
  if (unlink(path) < 0 && errno != ENOENT) throw Failure("unlink", endpoint.name, errno);
}

BoundPath::BoundPath(const std::string& path) : path_(path) {
  struct stat status;
  if (path_.empty() || lstat(path_.c_str(), &status) < 0) return;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

BoundPath::~BoundPath() {
  struct stat status;
  if (path_.empty() || lstat(path_.c_str(), &status) < 0) return;
  if (status.st_dev == device_ && status.st_ino == inode_) unlink(path_.c_str());
}

}  // namespace sockspec::reference
