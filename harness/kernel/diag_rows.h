// One message of a sock_diag dump as a row (sock_diag(7)).
#pragma once

#include <optional>

#include "harness/kernel/socket_table.h"

struct nlmsghdr;

namespace sockspec {

// inet_diag_msg and its attributes; nullopt where the message is too short for one.
std::optional<InetSocket> DecodeInet(const nlmsghdr& message);
// unix_diag_msg likewise.
std::optional<UnixSocket> DecodeUnix(const nlmsghdr& message);

}  // namespace sockspec
