// The files by which a program's resolver knows names.
#pragma once

#include <string>
#include <vector>

#include "harness/sandbox/sandbox.h"

namespace sockspec {

struct NameFile {
  std::string path;  // "/etc/hosts"
  std::string content;
};

// Such that these names have these addresses, in this order, and no other name is known: hosts(5),
// host.conf(5), nsswitch.conf(5), gai.conf(5), resolv.conf(5).
std::vector<NameFile> NameFiles(const HostNames& names);

}  // namespace sockspec
