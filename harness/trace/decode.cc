// System-call arguments -> the fields of Call.
#include "harness/trace/decode.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "harness/base/socket_address.h"
#include "harness/trace/architecture.h"
#include "harness/trace/remote_memory.h"

namespace sockspec {
namespace {

constexpr int kTypeFlags = SOCK_CLOEXEC | SOCK_NONBLOCK;
constexpr std::size_t kMostVectors = 1024;  // IOV_MAX

struct OptionName {
  int level, option;
  const char* name;
};
constexpr OptionName kOptions[] = {{SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR"},
                                   {SOL_SOCKET, SO_REUSEPORT, "SO_REUSEPORT"},
                                   {SOL_SOCKET, SO_LINGER, "SO_LINGER"},
                                   {SOL_SOCKET, SO_RCVTIMEO, "SO_RCVTIMEO"},
                                   {SOL_SOCKET, SO_SNDTIMEO, "SO_SNDTIMEO"},
                                   {SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF"},
                                   {SOL_SOCKET, SO_SNDBUF, "SO_SNDBUF"},
                                   {SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE"},
                                   {SOL_SOCKET, SO_BROADCAST, "SO_BROADCAST"},
                                   {SOL_SOCKET, SO_OOBINLINE, "SO_OOBINLINE"},
                                   {SOL_SOCKET, SO_PASSCRED, "SO_PASSCRED"},
                                   {IPPROTO_IPV6, IPV6_V6ONLY, "IPV6_V6ONLY"},
                                   {IPPROTO_IPV6, IPV6_RECVPKTINFO, "IPV6_RECVPKTINFO"},
                                   {IPPROTO_IP, IP_PKTINFO, "IP_PKTINFO"},
                                   {IPPROTO_IP, IP_RECVERR, "IP_RECVERR"},
                                   {IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY"},
                                   {IPPROTO_TCP, TCP_DEFER_ACCEPT, "TCP_DEFER_ACCEPT"},
                                   {IPPROTO_TCP, TCP_LINGER2, "TCP_LINGER2"}};

std::string NameOption(int level, int option) {
  for (const OptionName& known : kOptions) {
    if (known.level == level && known.option == option) return known.name;
  }
  return fmt::format("{}/{}", level, option);
}

void DecodeSetOption(pid_t tid, PendingCall* pending) {
  const auto& a = pending->arguments;
  pending->call.option = NameOption(static_cast<int>(a[1]), static_cast<int>(a[2]));
  std::int32_t words[4] = {};
  const std::size_t size = std::min<std::size_t>(a[4] & 0xffffffff, sizeof words);
  const std::size_t n = ReadMemory(tid, a[3], words, size) / sizeof(std::int32_t);
  pending->call.option_value.assign(words, words + n);
}

// Where the call's iovec array is and how many entries it has; false where it has none.
bool FindVectors(pid_t tid, const PendingCall& pending, std::uint64_t* address,
                 std::size_t* count) {
  const std::string_view name = pending.entry->name;
  const auto& a = pending.arguments;
  if (name == "readv" || name == "writev") {
    *address = a[1], *count = a[2];
  } else if (name == "sendmsg" || name == "recvmsg" || name == "sendmmsg" || name == "recvmmsg") {
    msghdr header{};  // of sendmmsg: the first message, the only one that Shorten lets through
    if (!ReadValue(tid, a[1], &header)) return false;
    *address = reinterpret_cast<std::uint64_t>(header.msg_iov), *count = header.msg_iovlen;
  } else {
    return false;
  }
  return *count > 0 && *count <= kMostVectors;
}

bool ReadVectors(pid_t tid, const PendingCall& pending, std::uint64_t* address,
                 std::vector<iovec>* vectors) {
  std::size_t count = 0;
  if (!FindVectors(tid, pending, address, &count)) return false;
  vectors->resize(count);
  return ReadMemory(tid, *address, vectors->data(), count * sizeof(iovec)) == count * sizeof(iovec);
}

// The register that holds a plain byte count, or -1.
int CountArgument(std::string_view name) {
  if (name == "read" || name == "write" || name == "sendto" || name == "recvfrom") return 2;
  if (name == "sendfile") return 3;
  if (name == "splice") return 4;
  return -1;
}

}  // namespace

std::string DecodeAddress(pid_t tid, std::uint64_t address, std::uint64_t length, Call* call) {
  sockaddr_storage storage{};
  const auto size = static_cast<socklen_t>(std::min<std::uint64_t>(length, sizeof storage));
  if (address == 0 || size < sizeof(sa_family_t)) return "";
  if (ReadMemory(tid, address, &storage, size) != size) return "";
  if (call != nullptr && storage.ss_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in6{};
    std::memcpy(&in6, &storage, sizeof in6);
    call->flow_info = ntohl(in6.sin6_flowinfo);
    call->scope_id = in6.sin6_scope_id;
  }
  return PrintAddress(reinterpret_cast<const sockaddr*>(&storage), size);
}

std::int64_t RequestedBytes(pid_t tid, const PendingCall& pending) {
  const int argument = CountArgument(pending.entry->name);
  if (argument >= 0) return static_cast<std::int64_t>(pending.arguments[argument]);
  std::uint64_t address = 0;
  std::vector<iovec> vectors;
  if (!ReadVectors(tid, pending, &address, &vectors)) return -1;
  std::int64_t total = 0;
  for (const iovec& vector : vectors) total += static_cast<std::int64_t>(vector.iov_len);
  return total;
}

bool Shorten(pid_t tid, PendingCall* pending, std::int64_t limit) {
  const int argument = CountArgument(pending->entry->name);
  if (argument >= 0) {
    if (static_cast<std::int64_t>(pending->arguments[argument]) <= limit) return false;
    SetArgument(tid, argument, static_cast<std::uint64_t>(limit));
    return true;
  }
  std::uint64_t address = 0;
  std::vector<iovec> vectors;
  if (!ReadVectors(tid, *pending, &address, &vectors)) return false;
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
  if (!cut || !WriteMemory(tid, address, vectors.data(), saved.size())) return false;
  if (std::string_view(pending->entry->name).ends_with("mmsg")) SetArgument(tid, 2, 1);
  pending->vector_address = address;
  pending->vector_saved = saved;
  return true;
}

void UndoShorten(pid_t tid, const PendingCall& pending) {
  if (pending.vector_address == 0) return;
  WriteMemory(tid, pending.vector_address, pending.vector_saved.data(),
              pending.vector_saved.size());
}

void DecodeEntry(pid_t tid, PendingCall* pending) {
  Call& call = pending->call;
  const auto& a = pending->arguments;
  call.name = pending->entry->name;
  call.fd = static_cast<int>(a[0]);
  switch (pending->entry->kind) {
    case CallKind::kSocket:
    case CallKind::kSocketPair:
      call.fd = -1;
      call.family = static_cast<int>(a[0]);
      call.type = static_cast<int>(a[1]) & ~kTypeFlags;
      call.flags = static_cast<int>(a[1]) & kTypeFlags;
      call.protocol = static_cast<int>(a[2]);
      break;
    case CallKind::kBind:
    case CallKind::kConnect:
      call.address = DecodeAddress(tid, a[1], a[2] & 0xffffffff, &call);
      call.address_length = static_cast<int>(a[2]);
      break;
    case CallKind::kListen:
    case CallKind::kShutdown:
      call.number = static_cast<int>(a[1]);
      break;
    case CallKind::kAccept: {
      call.address_null = a[1] == 0;
      call.length_null = a[2] == 0;
      int length = -1;
      if (a[2] != 0 && ReadValue(tid, a[2], &length)) call.address_length = length;
      if (call.name == "accept4") call.flags = static_cast<int>(a[3]);
      break;
    }
    case CallKind::kSend:
    case CallKind::kReceive:
      call.length = RequestedBytes(tid, *pending);
      if (call.name == "sendto" || call.name == "recvfrom") {
        call.flags = static_cast<int>(a[3]);
        if (call.name == "sendto" && a[4] != 0) {
          call.address = DecodeAddress(tid, a[4], a[5] & 0xffffffff, nullptr);
          call.address_length = static_cast<int>(a[5]);
        }
      } else if (call.name == "sendmsg" || call.name == "recvmsg") {
        call.flags = static_cast<int>(a[2]);
      } else if (call.name == "sendmmsg" || call.name == "recvmmsg") {
        call.flags = static_cast<int>(a[3]);
      } else if (call.name == "splice") {
        call.fd = static_cast<int>(a[2]);  // the side written to
      }
      break;
    case CallKind::kSetOption:
      DecodeSetOption(tid, pending);
      break;
    case CallKind::kControl:
      call.number = static_cast<int>(a[1]);
      if (call.number == F_SETFL) call.flags = static_cast<int>(a[2]);
      break;
    case CallKind::kSignalAction: {
      call.fd = -1;
      call.number = static_cast<int>(a[0]);
      // struct kernel_sigaction: handler, flags, restorer, mask.
      std::uint64_t words[2] = {};
      if (a[1] != 0 && ReadMemory(tid, a[1], words, sizeof words) == sizeof words) {
        call.flags = static_cast<int>(words[1]);
        call.option = words[0] == 0 ? "SIG_DFL" : words[0] == 1 ? "SIG_IGN" : "handler";
      }
      break;
    }
    case CallKind::kKill:
      call.fd = -1;
      call.target = static_cast<std::int32_t>(a[0]);
      call.number = static_cast<int>(a[1]);
      break;
    default:
      break;
  }
}

void DecodeExit(pid_t tid, PendingCall* pending) {
  Call& call = pending->call;
  if (pending->entry->kind != CallKind::kAccept || call.error != 0 || call.length_null) return;
  int returned = -1;
  if (!ReadValue(tid, pending->arguments[2], &returned)) return;
  call.returned_length = returned;
  if (!call.address_null) {
    const int readable = std::min(returned, std::max(call.address_length, 0));
    call.address =
        DecodeAddress(tid, pending->arguments[1], static_cast<std::uint64_t>(readable), nullptr);
  }
}

}  // namespace sockspec
