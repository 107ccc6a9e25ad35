// The table of transports, and the families that one asks for in vain.
#include "reference/transport_words.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "reference/failure.h"

namespace sockspec::reference {
namespace {

constexpr std::array kTransports = {
    Transport{"tcp4", AF_INET, SOCK_STREAM},
    Transport{"tcp6", AF_INET6, SOCK_STREAM},
    Transport{"tcp", AF_UNSPEC, SOCK_STREAM},
    Transport{"udp4", AF_INET, SOCK_DGRAM},
    Transport{"udp6", AF_INET6, SOCK_DGRAM},
    Transport{"udp", AF_UNSPEC, SOCK_DGRAM},
    Transport{"unix-stream", AF_UNIX, SOCK_STREAM},
    Transport{"unix-seqpacket", AF_UNIX, SOCK_SEQPACKET},
    Transport{"unix-dgram", AF_UNIX, SOCK_DGRAM},
    Transport{"icmp4", AF_INET, SOCK_RAW},
    Transport{"icmp6", AF_INET6, SOCK_RAW},
};

// Numbers change from system to system, so a family without a name here is not tried by number.
void RefuseAppleTalk() {
#ifdef AF_APPLETALK
  const int probe = socket(AF_APPLETALK, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) throw Failure("socket", "AppleTalk (AF_APPLETALK)", errno);
  close(probe);
#endif
  throw Failure("socket", "AppleTalk (AF_APPLETALK)", "this program does not serve the family");
}

void RefusePup() {
#ifdef AF_PUP
  const int probe = socket(AF_PUP, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) throw Failure("socket", "PUP (AF_PUP)", errno);
  close(probe);
  throw Failure("socket", "PUP (AF_PUP)", "this program does not serve the family");
#else
  // Linux has no AF_PUP: there is no number that could be tried.
  throw Failure("socket", "PUP (AF_PUP)", EAFNOSUPPORT);
#endif
}

}  // namespace

const Transport& FindTransport(const std::string& word) {
  for (const Transport& transport : kTransports) {
    if (transport.word == word) return transport;
  }
  throw UsageError("unknown transport '" + word + "'");
}

void RequireTransport(const std::string& word) {
  if (word == "appletalk") RefuseAppleTalk();
  if (word == "pup") RefusePup();
  FindTransport(word);
}

}  // namespace sockspec::reference
