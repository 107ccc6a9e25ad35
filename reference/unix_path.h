// The file of a UNIX socket: what may be removed before bind(), and what must be removed at the
// end.
#pragma once

#include <sys/types.h>

#include <string>

#include "reference/endpoint.h"

namespace sockspec::reference {

// Makes way for bind(): removes the path if it is a socket that nobody serves. A file of another
// kind and a living server's socket are left alone and refused (Failure). No path: nothing to do.
void RemoveStaleSocket(const Endpoint& endpoint);

// The path that our bind() made. It is removed at the end, unless somebody else's file lies there
// by then.
class BoundPath {
 public:
  explicit BoundPath(const std::string& path);  // "" for none
  BoundPath(const BoundPath&) = delete;
  BoundPath& operator=(const BoundPath&) = delete;
  ~BoundPath();

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace sockspec::reference
