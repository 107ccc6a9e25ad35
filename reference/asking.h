// The second half of a client, by kind of service. All throw Failure.
#pragma once

#include <string_view>

#include "reference/reply.h"

namespace sockspec::reference {

// Reads until the server closes: daytime, time, qotd, chargen. A reset is an error, for the reply
// may be cut; so is a reply without a byte.
void ReadReply(int connection, Reply& reply);

// Sends standard input while it reads: echo, discard. At the end of the input the sending side is
// shut down; it ends when the server closes.
void ExchangeInput(int connection, Reply& reply);

// Datagrams: sends the request and waits for one answer, `timeout` seconds in all (0: no limit).
// One of the two may be lost, so the request is repeated, at growing distances.
void AskByDatagram(int socket, std::string_view request, int timeout, Reply& reply);

// Datagrams that nobody answers: discard.
void SendDatagram(int socket, std::string_view request);

// All of standard input, which must fit a datagram.
std::string ReadInput();

}  // namespace sockspec::reference
