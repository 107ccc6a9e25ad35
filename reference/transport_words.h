// Transports by word: which family and socket type "tcp6" or "unix-dgram" means.
#pragma once

#include <string>
#include <string_view>

namespace sockspec::reference {

struct Transport {
  std::string_view word;
  int family;  // AF_UNSPEC: IPv4 and IPv6
  int type;
};

// Throws UsageError for a word that is no transport.
const Transport& FindTransport(const std::string& word);

// Refuses a word that is no transport (UsageError) or whose family this host lacks (Failure, which
// names the family). appletalk and pup are known by name.
void RequireTransport(const std::string& word);

}  // namespace sockspec::reference
