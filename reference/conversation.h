// One client's conversation from accept to close, by calls that block.
#pragma once

#include "reference/server.h"

namespace sockspec::reference {

// Writes what the service says, reads what the client says, until one of them ends or the program
// is asked to end. Errors on the connection end it and nothing else; the caller closes.
void Converse(int connection, const Server& server);

// What one read() may take: a stream comes in pieces of any size, but a record that is longer than
// the buffer loses its rest.
std::size_t InputSize(const Endpoint& endpoint);

}  // namespace sockspec::reference
