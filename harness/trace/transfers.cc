// Send and receive calls: how much they ask for, and cutting them short.
#include "harness/trace/transfers.h"

#include <sys/socket.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <vector>

#include "harness/trace/messages.h"

namespace sockspec {
namespace {

constexpr std::size_t kMostVectors = 1024;  // IOV_MAX

// Where the call's iovec array is and how many entries it has; false where it has none.
bool FindVectors(const Tracee& tracee, const PendingCall& pending, std::uint64_t* address,
                 std::size_t* count) {
  const std::string_view name = pending.entry->name;
  const auto& a = pending.arguments;
  if (name == "readv" || name == "writev" || name == "preadv2" || name == "pwritev2") {
    *address = a[1], *count = a[2];
  } else if (HasMessageHeader(name)) {
    msghdr header{};  // of sendmmsg: the first message, the only one that Shorten lets through
    if (!tracee.ReadValue(a[1], &header)) return false;
    *address = reinterpret_cast<std::uint64_t>(header.msg_iov), *count = header.msg_iovlen;
  } else {
    return false;
  }
  return *count > 0 && *count <= kMostVectors;
}

bool ReadVectors(const Tracee& tracee, const PendingCall& pending, std::uint64_t* address,
                 std::vector<iovec>* vectors) {
  std::size_t count = 0;
  if (!FindVectors(tracee, pending, address, &count)) return false;
  vectors->resize(count);
  return tracee.Read(*address, vectors->data(), count * sizeof(iovec)) == count * sizeof(iovec);
}

// The register that holds a plain byte count, or -1.
int CountArgument(std::string_view name) {
  if (name == "read" || name == "write" || name == "sendto" || name == "recvfrom") return 2;
  if (name == "sendfile") return 3;
  if (name == "splice") return 4;
  return -1;
}

}  // namespace

std::int64_t SumOf(const std::vector<iovec>& vectors) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  std::uint64_t total = 0;
  for (const iovec& vector : vectors) {
    total += std::min<std::uint64_t>(vector.iov_len, kMost - total);
  }
  return static_cast<std::int64_t>(total);
}

std::int64_t RequestedBytes(const Tracee& tracee, const PendingCall& pending) {
  const int argument = CountArgument(pending.entry->name);
  if (argument >= 0) return static_cast<std::int64_t>(pending.arguments[argument]);
  if (std::string_view(pending.entry->name).ends_with("mmsg")) {
    return RequestedBytesOfMessages(tracee, pending);
  }
  std::uint64_t address = 0;
  std::vector<iovec> vectors;
  if (!ReadVectors(tracee, pending, &address, &vectors)) return -1;
  return SumOf(vectors);
}

bool Shorten(Tracee* tracee, PendingCall* pending, std::int64_t limit) {
  const int argument = CountArgument(pending->entry->name);
  if (argument >= 0) {
    if (static_cast<std::int64_t>(pending->arguments[argument]) <= limit) return false;
    tracee->SetArgument(argument, static_cast<std::uint64_t>(limit));
    pending->changed_argument = argument;
    return true;
  }
  std::uint64_t address = 0;
  std::vector<iovec> vectors;
  if (!ReadVectors(*tracee, *pending, &address, &vectors)) return false;
  const std::string saved(reinterpret_cast<const char*>(vectors.data()),
                          vectors.size() * sizeof(iovec));
  std::size_t left = static_cast<std::size_t>(limit);
  bool cut = false;
  for (iovec& vector : vectors) {
    const std::size_t keep = std::min(vector.iov_len, left);
    cut = cut || keep < vector.iov_len;
    vector.iov_len = keep;
    left -= keep;
  }
  if (!cut || !tracee->Write(address, vectors.data(), saved.size())) return false;
  if (std::string_view(pending->entry->name).ends_with("mmsg")) {
    tracee->SetArgument(2, 1);
    pending->changed_argument = 2;
  }
  pending->vector_address = address;
  pending->vector_saved = saved;
  return true;
}

void UndoShorten(Tracee* tracee, const PendingCall& pending) {
  // Code around the system call may rely on its arguments' registers: the kernel keeps them.
  if (pending.changed_argument >= 0) {
    tracee->SetArgument(pending.changed_argument, pending.arguments[pending.changed_argument]);
  }
  if (pending.vector_address == 0) return;
  tracee->Write(pending.vector_address, pending.vector_saved.data(), pending.vector_saved.size());
}

}  // namespace sockspec
