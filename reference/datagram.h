// One datagram in, one out, over the one socket that all clients share.
#pragma once

#include <optional>
#include <string>

#include "reference/packet_info.h"
#include "reference/server.h"

namespace sockspec::reference {

struct Request {
  std::string data;
  sockaddr_storage source = {};
  socklen_t source_length = 0;  // 0: a UNIX client without a name, who cannot be answered
  PacketInfo arrival;           // the local address that the request was sent to
};

// The next request, or nothing: none was there after all, or an error that lies with an earlier
// reply. Throws Failure where the socket can never work.
std::optional<Request> ReceiveRequest(const Server& server);

// Sends the service's answer, if it has one, from the address that was asked. It may be lost, like
// all datagrams: it never waits for a client that does not take its answer.
void Answer(const Server& server, Request request);

}  // namespace sockspec::reference
