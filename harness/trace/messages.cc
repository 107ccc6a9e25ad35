// struct msghdr and mmsghdr in the program's memory.
#include "harness/trace/messages.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string_view>

#include "harness/trace/transfers.h"

namespace sockspec {
namespace {

constexpr std::uint64_t kMostMessages = 1024;  // UIO_MAXIOV: the kernel takes no more
constexpr std::size_t kMostVectors = 1024;     // likewise
constexpr std::size_t kMostControl = 1 << 16;  // bytes of control data

bool IsArray(const PendingCall& pending) {
  return std::string_view(pending.entry->name).ends_with("mmsg");
}

std::uint64_t AddressOf(const void* pointer) { return reinterpret_cast<std::uint64_t>(pointer); }

std::vector<mmsghdr> ReadMessages(const Tracee& tracee, const PendingCall& pending,
                                  std::uint64_t messages) {
  std::vector<mmsghdr> headers(std::min(messages, kMostMessages));
  const std::size_t size =
      tracee.Read(pending.arguments[1], headers.data(), headers.size() * sizeof(mmsghdr));
  headers.resize(size / sizeof(mmsghdr));
  return headers;
}

void AppendDescriptors(const Tracee& tracee, const msghdr& header, std::vector<int>* descriptors) {
  std::vector<char> control(std::min(header.msg_controllen, kMostControl));
  control.resize(tracee.Read(AddressOf(header.msg_control), control.data(), control.size()));
  for (std::size_t at = 0; at + sizeof(cmsghdr) <= control.size();) {
    cmsghdr entry{};
    std::memcpy(&entry, control.data() + at, sizeof entry);
    if (entry.cmsg_len < sizeof entry || entry.cmsg_len > control.size() - at) return;
    if (entry.cmsg_level == SOL_SOCKET && entry.cmsg_type == SCM_RIGHTS) {
      const std::size_t count = (entry.cmsg_len - CMSG_LEN(0)) / sizeof(int);
      const std::size_t had = descriptors->size();
      descriptors->resize(had + count);
      std::memcpy(descriptors->data() + had, control.data() + at + CMSG_LEN(0),
                  count * sizeof(int));
    }
    at += CMSG_ALIGN(entry.cmsg_len);
  }
}

}  // namespace

std::vector<int> DescriptorsIn(const Tracee& tracee, const PendingCall& pending,
                               std::int64_t messages) {
  std::vector<int> descriptors;
  if (IsArray(pending)) {
    const auto count = static_cast<std::uint64_t>(std::max<std::int64_t>(messages, 0));
    for (const mmsghdr& message : ReadMessages(tracee, pending, count)) {
      AppendDescriptors(tracee, message.msg_hdr, &descriptors);
    }
    return descriptors;
  }
  msghdr header{};
  if (tracee.ReadValue(pending.arguments[1], &header)) {
    AppendDescriptors(tracee, header, &descriptors);
  }
  return descriptors;
}

std::int64_t TransferredBytes(const Tracee& tracee, const PendingCall& pending,
                              std::int64_t messages) {
  std::int64_t total = 0;
  const auto count = static_cast<std::uint64_t>(std::max<std::int64_t>(messages, 0));
  for (const mmsghdr& message : ReadMessages(tracee, pending, count)) total += message.msg_len;
  return total;
}

std::int64_t RequestedBytesOfMessages(const Tracee& tracee, const PendingCall& pending) {
  const std::vector<mmsghdr> headers =
      ReadMessages(tracee, pending, pending.arguments[2] & 0xffffffff);
  if (headers.empty()) return -1;
  std::int64_t total = 0;
  for (const mmsghdr& message : headers) {
    std::vector<iovec> vectors(std::min(message.msg_hdr.msg_iovlen, kMostVectors));
    const std::size_t size = tracee.Read(AddressOf(message.msg_hdr.msg_iov), vectors.data(),
                                         vectors.size() * sizeof(iovec));
    if (size != vectors.size() * sizeof(iovec)) return -1;
    const std::int64_t sum = SumOf(vectors);
    total = std::min(total, std::numeric_limits<std::int64_t>::max() - sum) + sum;
  }
  return total;
}

}  // namespace sockspec
