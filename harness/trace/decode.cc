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
#include "harness/trace/messages.h"
#include "harness/trace/option_names.h"
#include "harness/trace/transfers.h"

namespace sockspec {
namespace {

constexpr int kTypeFlags = SOCK_CLOEXEC | SOCK_NONBLOCK;

// Ints of an option's value; text shows as the ints that it makes.
void DecodeOptionValue(const Tracee& tracee, std::uint64_t address, std::uint64_t length,
                       Call* call) {
  std::int32_t words[4] = {};
  const std::size_t size = std::min<std::size_t>(length, sizeof words);
  const std::size_t n = tracee.Read(address, words, size) / sizeof(std::int32_t);
  call->option_value.assign(words, words + n);
}

// Where the peer's address of a receive call is, and its length after the call; false where none.
bool SourceOf(const Tracee& tracee, const PendingCall& pending, std::uint64_t* address,
              int* length) {
  const auto& a = pending.arguments;
  if (pending.call.name == "recvfrom") {
    *address = a[4];
    return a[4] != 0 && a[5] != 0 && tracee.ReadValue(a[5], length);
  }
  if (pending.call.name != "recvmsg") return false;
  msghdr header{};
  if (!tracee.ReadValue(a[1], &header) || header.msg_name == nullptr) return false;
  *address = reinterpret_cast<std::uint64_t>(header.msg_name);
  *length = static_cast<int>(header.msg_namelen);
  return true;
}

void DecodeTransfer(const Tracee& tracee, PendingCall* pending) {
  Call& call = pending->call;
  const auto& a = pending->arguments;
  call.length = RequestedBytes(tracee, *pending);
  if (call.name == "sendto" || call.name == "recvfrom") {
    call.flags = static_cast<int>(a[3]);
    if (call.name == "sendto" && a[4] != 0) {
      call.address = DecodeAddress(tracee, a[4], a[5] & 0xffffffff, &call);
      call.address_length = static_cast<int>(a[5]);
    }
    int room = -1;
    if (call.name == "recvfrom" && a[4] != 0 && tracee.ReadValue(a[5], &room)) {
      call.address_length = room;
    }
  } else if (call.name == "sendmsg" || call.name == "recvmsg") {
    call.flags = static_cast<int>(a[2]);
    msghdr header{};
    if (tracee.ReadValue(a[1], &header) && header.msg_name != nullptr) {
      call.address_length = static_cast<int>(header.msg_namelen);  // received: the room for it
      if (call.name == "sendmsg") {
        call.address = DecodeAddress(tracee, reinterpret_cast<std::uint64_t>(header.msg_name),
                                     header.msg_namelen, &call);
      }
    }
  } else if (call.name == "sendmmsg" || call.name == "recvmmsg") {
    call.flags = static_cast<int>(a[3]);
  } else if (call.name == "splice" && pending->entry->kind == CallKind::kSend) {
    call.fd = static_cast<int>(a[2]);  // the side written to
  }
  if (call.name == "sendmsg") call.descriptors = DescriptorsIn(tracee, *pending, 1);
  if (call.name == "sendmmsg") {
    call.descriptors = DescriptorsIn(tracee, *pending, static_cast<std::uint32_t>(a[2]));
  }
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
      DecodeTransfer(tracee, pending);
      break;
    case CallKind::kSetOption:
      call.option = NameOption(static_cast<int>(a[1]), static_cast<int>(a[2]));
      DecodeOptionValue(tracee, a[3], a[4] & 0xffffffff, &call);
      break;
    case CallKind::kGetOption:
      call.option = NameOption(static_cast<int>(a[1]), static_cast<int>(a[2]));
      break;
    case CallKind::kTake:
    case CallKind::kEpollCreate:
    case CallKind::kTimerCreate:
    case CallKind::kSignalTimer:
      call.fd = -1;
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
  const auto& a = pending->arguments;
  if (call.error != 0) return;
  std::uint64_t address = 0;
  int length = -1;
  switch (pending->entry->kind) {
    case CallKind::kAccept:
      if (call.length_null || !tracee.ReadValue(a[2], &length)) return;
      call.returned_length = length;
      if (!call.address_null) {
        const int readable = std::clamp(call.address_length, 0, std::max(length, 0));
        call.address = DecodeAddress(tracee, a[1], static_cast<std::uint64_t>(readable), nullptr);
      }
      break;
    case CallKind::kGetOption:
      if (tracee.ReadValue(a[4], &length) && length > 0) {
        DecodeOptionValue(tracee, a[3], static_cast<std::uint64_t>(length), &call);
      }
      break;
    case CallKind::kSend:
    case CallKind::kReceive:
      if (call.name.ends_with("mmsg")) call.bytes = TransferredBytes(tracee, *pending, call.result);
      if (call.name == "recvmsg" || call.name == "recvmmsg") {
        call.descriptors = DescriptorsIn(tracee, *pending, call.result);
      }
      if (SourceOf(tracee, *pending, &address, &length) && length > 0) {
        call.returned_length = length;
        const int readable = std::clamp(length, 0, std::max(call.address_length, 0));
        call.address =
            DecodeAddress(tracee, address, static_cast<std::uint64_t>(readable), nullptr);
      }
      break;
    default:
      break;
  }
}

}  // namespace sockspec
