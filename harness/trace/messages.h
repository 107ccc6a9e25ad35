// struct msghdr and mmsghdr in the program's memory: how many bytes, which descriptors.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/trace/process_model.h"
#include "harness/trace/tracee.h"

namespace sockspec {

// The descriptors in the control data (SCM_RIGHTS) of a sendmsg, recvmsg, sendmmsg or recvmmsg
// call; of the latter two in their first `messages` messages.
std::vector<int> DescriptorsIn(const Tracee& tracee, const PendingCall& pending,
                               std::int64_t messages);
// At the exit of sendmmsg or recvmmsg: the bytes of the `messages` messages that were transferred.
std::int64_t TransferredBytes(const Tracee& tracee, const PendingCall& pending,
                              std::int64_t messages);
// At the entry of sendmmsg or recvmmsg: the bytes asked for; -1 where unreadable.
std::int64_t RequestedBytesOfMessages(const Tracee& tracee, const PendingCall& pending);

}  // namespace sockspec
