// System-call arguments -> the fields of Call. The memory read is the program's own and may hold
// anything, or not be there.
#pragma once

#include "harness/trace/process_model.h"

namespace sockspec {

// At the entry stop: fills pending->call from its arguments.
void DecodeEntry(pid_t tid, PendingCall* pending);
// At the exit stop, for what the kernel wrote back (accept's address).
void DecodeExit(pid_t tid, PendingCall* pending);
// A sockaddr of the program: printed text; with `call`, its IPv6 extras too. "" where unreadable.
std::string DecodeAddress(pid_t tid, std::uint64_t address, std::uint64_t length, Call* call);
// Bytes that a send or receive call asks for, summed over its vectors; -1 where unreadable.
std::int64_t RequestedBytes(pid_t tid, const PendingCall& pending);
// Cuts a send or receive call to `limit` bytes by rewriting registers or vectors. False where the
// call's form does not allow it.
bool Shorten(pid_t tid, PendingCall* pending, std::int64_t limit);
// Puts back what Shorten changed in the program's memory.
void UndoShorten(pid_t tid, const PendingCall& pending);

}  // namespace sockspec
