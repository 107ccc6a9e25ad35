// System-call arguments -> the fields of Call.
#include "harness/trace/decode.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <climits>
#include <cstring>

#include "harness/base/socket_address.h"
#include "harness/trace/option_names.h"
#include "harness/trace/transfers.h"

namespace sockspec {
namespace {

constexpr int kTypeFlags = SOCK_CLOEXEC | SOCK_NONBLOCK;

void DecodeSetOption(const Tracee& tracee, PendingCall* pending) {
  const auto& a = pending->arguments;
  pending->call.option = NameOption(static_cast<int>(a[1]), static_cast<int>(a[2]));
  std::int32_t words[4] = {};
  const std::size_t size = std::min<std::size_t>(a[4] & 0xffffffff, sizeof words);
  const std::size_t n = tracee.Read(a[3], words, size) / sizeof(std::int32_t);
  pending->call.option_value.assign(words, words + n);
}

}  // namespace

std::string DecodeAddress(const Tracee& tracee, std::uint64_t address, std::uint64_t length,
                          Call* call) {
  sockaddr_storage storage{};
  const auto size = static_cast<socklen_t>(std::min<std::uint64_t>(length, sizeof storage));
  if (address == 0 || size < sizeof(sa_family_t)) return "";
  if (tracee.Read(address, &storage, size) != size) return "";
  if (call != nullptr && storage.ss_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in6{};
    std::memcpy(&in6, &storage, sizeof in6);
    call->flow_info = ntohl(in6.sin6_flowinfo);
    call->scope_id = in6.sin6_scope_id;
  }
  return PrintAddress(reinterpret_cast<const sockaddr*>(&storage), size);
}

void DecodeEntry(const Tracee& tracee, PendingCall* pending) {
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
      call.address = DecodeAddress(tracee, a[1], a[2] & 0xffffffff, &call);
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
      if (a[2] != 0 && tracee.ReadValue(a[2], &length)) call.address_length = length;
      if (call.name == "accept4") call.flags = static_cast<int>(a[3]);
      break;
    }
    case CallKind::kSend:
    case CallKind::kReceive:
      call.length = RequestedBytes(tracee, *pending);
      if (call.name == "sendto" || call.name == "recvfrom") {
        call.flags = static_cast<int>(a[3]);
        if (call.name == "sendto" && a[4] != 0) {
          call.address = DecodeAddress(tracee, a[4], a[5] & 0xffffffff, nullptr);
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
      DecodeSetOption(tracee, pending);
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
      if (a[1] != 0 && tracee.Read(a[1], words, sizeof words) == sizeof words) {
        call.flags = static_cast<int>(words[1]);
        call.option = words[0] == 0 ? "SIG_DFL" : words[0] == 1 ? "SIG_IGN" : "handler";
      }
      break;
    }
    case CallKind::kFork: {
      call.fd = -1;
      std::uint64_t flags = call.name == "clone" ? a[0] : 0;
      if (call.name == "clone3") tracee.ReadValue(a[0], &flags);  // the first word of clone_args
      call.flags = static_cast<int>(flags);
      break;
    }
    case CallKind::kOpen: {
      call.fd = -1;
      const int path = call.name == "open" ? 0 : 1;
      std::uint64_t flags = a[path + 1];
      if (call.name == "openat2") tracee.ReadValue(a[2], &flags);  // the first word of open_how
      call.flags = static_cast<int>(flags);
      char text[PATH_MAX];
      const std::size_t n = tracee.Read(a[path], text, sizeof text);
      call.address.assign(text, strnlen(text, n));
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

void DecodeExit(const Tracee& tracee, PendingCall* pending) {
  Call& call = pending->call;
  if (pending->entry->kind != CallKind::kAccept || call.error != 0 || call.length_null) return;
  int returned = -1;
  if (!tracee.ReadValue(pending->arguments[2], &returned)) return;
  call.returned_length = returned;
  if (!call.address_null) {
    const int readable = std::min(returned, std::max(call.address_length, 0));
    call.address =
        DecodeAddress(tracee, pending->arguments[1], static_cast<std::uint64_t>(readable), nullptr);
  }
}

}  // namespace sockspec
