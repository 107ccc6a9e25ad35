// What all server models work with.
#pragma once

#include "reference/descriptor.h"
#include "reference/endpoint.h"
#include "reference/services.h"
#include "reference/stop_signal.h"

namespace sockspec::reference {

enum class PeerLog { kOff, kOn };

struct Server {
  Descriptor socket;  // listening, or bound and waiting for datagrams
  Endpoint endpoint;
  ServiceMaker make_service;
  const StopSignal& stop;
  PeerLog peer_log = PeerLog::kOff;
};

// "client 127.0.0.1:4711" on standard error, where the log is on.
void LogPeer(const Server& server, const sockaddr* peer, socklen_t length);

}  // namespace sockspec::reference
