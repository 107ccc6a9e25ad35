// The files by which a program's resolver knows names.
#include "harness/sandbox/name_files.h"

#include <fmt/format.h>

#include <set>

namespace sockspec {
namespace {

// getaddrinfo() sorts what it has found (RFC 6724). By precedences of our own the order is ours;
// all else of the table are the defaults.
std::string Precedences(const HostNames& names) {
  constexpr int kFirst = 1000;  // above every default
  std::string lines =
      "label ::1/128 0\nlabel ::/0 1\nlabel 2002::/16 2\nlabel ::/96 3\nlabel ::ffff:0:0/96 4\n"
      "precedence ::/0 40\nprecedence 2002::/16 30\nprecedence ::/96 20\n"
      "precedence ::ffff:0:0/96 10\n";
  std::set<std::string> seen;
  for (const auto& [name, addresses] : names) {
    int precedence = kFirst;
    for (const std::string& address : addresses) {
      const bool v4 = address.find(':') == std::string::npos;
      --precedence;
      if (!seen.insert(address).second) continue;
      lines += fmt::format("precedence {}{}/128 {}\n", v4 ? "::ffff:" : "", address, precedence);
    }
  }
  return lines;
}

std::string Hosts(const HostNames& names) {
  std::string lines = "127.0.0.1 localhost\n::1 localhost\n";
  for (const auto& [name, addresses] : names) {
    for (const std::string& address : addresses) lines += fmt::format("{} {}\n", address, name);
  }
  return lines;
}

}  // namespace

std::vector<NameFile> NameFiles(const HostNames& names) {
  return {{"/etc/hosts", Hosts(names)},
          // All lines of a name, not the first one alone.
          {"/etc/host.conf", "multi on\n"},
          {"/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"},
          {"/etc/gai.conf", Precedences(names)},
          {"/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"}};
}

}  // namespace sockspec
