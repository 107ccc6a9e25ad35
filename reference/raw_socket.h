// Raw sockets: they take and give whole messages of a protocol below TCP and UDP.
#pragma once

#include <string>

#include "reference/descriptor.h"

namespace sockspec::reference {

// Throws Failure; without CAP_NET_RAW one that says so.
Descriptor MakeRawSocket(int family, int protocol, const char* name);

// One line on standard output at once, for whoever watches.
void PrintLine(const std::string& line);

}  // namespace sockspec::reference
