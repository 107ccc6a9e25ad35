// One line for each client.
#include <cstdio>

#include "reference/server.h"

namespace sockspec::reference {

void LogPeer(const Server& server, const sockaddr* peer, socklen_t length) {
  if (server.peer_log == PeerLog::kOff) return;
  // Numbers alone: nobody waits for a name server.
  std::fprintf(stderr, "client %s\n", NameOf(peer, length).c_str());
}

}  // namespace sockspec::reference
