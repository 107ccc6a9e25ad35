// Send and receive calls: how much they ask for, and cutting them short.
#pragma once

#include <sys/uio.h>

#include <string_view>
#include <vector>

#include "harness/trace/process_model.h"
#include "harness/trace/tracee.h"

namespace sockspec {

// The vectors' lengths, summed; absurd ones stay below the greatest number.
std::int64_t SumOf(const std::vector<iovec>& vectors);
// sendmsg and its kind: the second argument is a msghdr, of sendmmsg and recvmmsg an array of them.
inline bool HasMessageHeader(std::string_view name) {
  return name == "sendmsg" || name == "recvmsg" || name == "sendmmsg" || name == "recvmmsg";
}
// Bytes that a send or receive call asks for, summed over its vectors; -1 where unreadable.
std::int64_t RequestedBytes(const Tracee& tracee, const PendingCall& pending);
// Cuts a send or receive call to `limit` bytes by rewriting registers or vectors. False where the
// call's form does not allow it.
bool Shorten(Tracee* tracee, PendingCall* pending, std::int64_t limit);
// Puts back what Shorten changed in the program's memory.
void UndoShorten(Tracee* tracee, const PendingCall& pending);

}  // namespace sockspec
