// System-call arguments -> the fields of Call. The memory read is the program's own and may hold
// anything, or not be there.
#pragma once

#include "harness/trace/process_model.h"
#include "harness/trace/tracee.h"

namespace sockspec {

// At the entry stop: fills pending->call from its arguments.
void DecodeEntry(const Tracee& tracee, PendingCall* pending);
// At the exit stop, for what the kernel wrote back (accept's address).
void DecodeExit(const Tracee& tracee, PendingCall* pending);
// A sockaddr of the program: printed text; with `call`, its IPv6 extras too. "" where unreadable.
std::string DecodeAddress(const Tracee& tracee, std::uint64_t address, std::uint64_t length,
                          Call* call);

}  // namespace sockspec
