// Bytes on one accepted connection, and its orderly end.
#pragma once

#include <string_view>

namespace sockspec::reference {

// Writes all of `text`, in as many writes as it takes. False, with errno set, if the client is
// lost. SIGPIPE must be ignored.
bool WriteAll(int descriptor, std::string_view text);

// Throws away what the client has sent so far, without waiting for more.
void DiscardInput(int connection);

// Ends the connection by FIN: unread bytes at close() would turn the FIN into a reset, which may
// cost the client its reply.
void CloseConnection(int connection);

}  // namespace sockspec::reference
