// The tracer: keeping its picture of descriptors and sockets after each call.
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "harness/base/error.h"
#include "harness/trace/architecture.h"
#include "harness/trace/seccomp_filters.h"
#include "harness/trace/timer_calls.h"
#include "harness/trace/tracee.h"
#include "harness/trace/tracer.h"

namespace sockspec {
namespace {

// The kernel maps 128 KiB of the main stack at exec; used so far, the rest is sure to be there.
constexpr std::uint64_t kSureStack = 64 << 10;
// What a function may use below the stack pointer (System V ABI for x86-64; arm64 has none).
constexpr std::uint64_t kRedZone = 128;

SocketRole RoleOfNew(int family, int type) {
  if (family != AF_INET && family != AF_INET6 && family != AF_UNIX) return SocketRole::kNone;
  return type == SOCK_DGRAM || type == SOCK_RAW ? SocketRole::kDatagram : SocketRole::kUnconnected;
}

// SO_RCVTIMEO and SO_SNDTIMEO take a timeval: two words of 64 bits.
void TrackTimeOut(const Call& call, OpenSocket* socket) {
  const bool receive = call.option == "SO_RCVTIMEO";
  if ((!receive && call.option != "SO_SNDTIMEO") || call.option_value.size() < 4) return;
  std::int64_t time[2];
  std::memcpy(time, call.option_value.data(), sizeof time);
  // Beyond an hour the exact span matters to nobody, and the sum must not overflow.
  const std::int64_t seconds = std::clamp<std::int64_t>(time[0], 0, 3600);
  const std::int64_t span =
      seconds * 1'000'000'000 + std::clamp<std::int64_t>(time[1], 0, 999'999) * 1'000;
  (receive ? socket->receive_timeout : socket->send_timeout) = span;
}

}  // namespace

std::shared_ptr<OpenSocket> Tracer::NewSocket(const Call& call, int flags) {
  auto socket = std::make_shared<OpenSocket>();
  socket->number = next_socket_++;
  socket->family = call.family;
  socket->type = call.type;
  socket->role = RoleOfNew(call.family, call.type);
  socket->non_blocking = (flags & SOCK_NONBLOCK) != 0;
  return socket;
}

void Tracer::Track(TracedThread* thread, PendingCall* pending) {
  TracedProcess* process = thread->process;
  Call& call = pending->call;
  const bool ok = call.error == 0;
  switch (pending->entry->kind) {
    case CallKind::kSocket:
      if (!ok) break;
      {
        auto socket = NewSocket(call, call.flags);
        call.socket = call.on_socket = socket->number;
        call.role = socket->role;
        process->descriptors[static_cast<int>(call.result)] = {
            .socket = socket, .close_on_exec = (call.flags & SOCK_CLOEXEC) != 0};
      }
      AddSocketFilter(thread);
      break;
    case CallKind::kSocketPair: {
      int pair[2] = {-1, -1};
      if (!ok || !LiveTracee(thread->tid).ReadValue(pending->arguments[3], &pair)) break;
      for (int fd : pair) {
        auto socket = NewSocket(call, call.flags);
        socket->role = SocketRole::kPair;
        process->descriptors[fd] = {.socket = socket,
                                    .close_on_exec = (call.flags & SOCK_CLOEXEC) != 0};
      }
      AddSocketFilter(thread);
      break;
    }
    case CallKind::kListen:
      if (ok && pending->socket != nullptr) {
        pending->socket->role = call.role = SocketRole::kListener;
        pending->socket->endpoint = true;
        OnListening(thread);
      }
      break;
    case CallKind::kBind:
      if (ok && pending->socket != nullptr && pending->socket->role == SocketRole::kDatagram) {
        pending->socket->endpoint = hooks_.datagrams;
      }
      break;
    case CallKind::kConnect:
      if (pending->socket != nullptr && (ok || call.error == EINPROGRESS) &&
          pending->socket->role == SocketRole::kUnconnected) {
        pending->socket->role = call.role = SocketRole::kClient;
        pending->socket->connection = call.connection =
            hooks_.connection_of(process->pid, call.fd, call.address);
        traffic_[call.connection] = {{.known = true}, pending->socket};
      }
      break;
    case CallKind::kSend:
      if (ok && pending->socket != nullptr && call.connection >= 0) {
        traffic_[call.connection].traffic.sent += call.bytes >= 0 ? call.bytes : call.result;
      }
      if (ok) PassOn(*pending);
      break;
    case CallKind::kReceive:
      if (ok) TakeIn(thread, call);
      break;
    case CallKind::kShutdown:
      if (ok && call.connection >= 0 && call.number != SHUT_RD) {
        traffic_[call.connection].traffic.shut_down = true;
      }
      break;
    case CallKind::kAccept:
      if (ok) TrackAccept(thread, pending);
      break;
    case CallKind::kSetOption:
      if (ok && pending->socket != nullptr) TrackTimeOut(call, pending->socket.get());
      break;
    case CallKind::kSignalTimer:
      if (ok) {
        TrackSignalTimer(LiveTracee(thread->tid), *pending, Now(), &process->signal_timers);
      }
      break;
    case CallKind::kEpollControl:
      if (ok) TrackEpoll(thread, *pending);
      break;
    case CallKind::kKill:
      if (call.target != 0 && call.target != -1) {
        call.target = NumberOfProcess(call.target);
      }
      break;
    default:
      if (ok) TrackDescriptors(thread, pending);
  }
}

std::int64_t Tracer::NumberOfProcess(std::int64_t inner) const {
  // A negative one names a group, by its leader.
  const auto found = numbers_.find(static_cast<pid_t>(inner < 0 ? -inner : inner));
  return found == numbers_.end() ? kOutsideProgram : found->second;
}

void Tracer::TrackAccept(TracedThread* thread, PendingCall* pending) {
  Call& call = pending->call;
  Call made = call;
  made.family = pending->socket != nullptr ? pending->socket->family : -1;
  made.type = pending->socket != nullptr ? pending->socket->type : SOCK_STREAM;
  auto socket = NewSocket(made, call.flags);
  socket->role = SocketRole::kConnection;
  const int fd = static_cast<int>(call.result);
  socket->connection = hooks_.connection_of(thread->process->pid, fd, call.address);
  call.connection = socket->connection;
  call.socket = socket->number;
  traffic_[socket->connection] = {{.known = true}, socket};
  thread->process->descriptors[fd] = {.socket = socket,
                                      .close_on_exec = (call.flags & SOCK_CLOEXEC) != 0};
}

void Tracer::AddSocketFilter(TracedThread* thread) {
  if (thread->process->socket_filter) return;
  AddFilter(*thread, TracingFilters().with_socket);
  thread->process->socket_filter = true;
}

void Tracer::AddFilter(const TracedThread& thread, const SeccompProgram& program) {
  const pid_t tid = thread.tid;
  LiveTracee tracee(tid);
  const std::size_t filter_bytes = program.size() * sizeof(sock_filter);
  const std::size_t bytes = sizeof(sock_fprog) + filter_bytes;
  // As seccomp(2) wants it, at `base` in the program's memory.
  const auto install = [&](std::uint64_t base) -> std::int64_t {
    const sock_fprog description{static_cast<unsigned short>(program.size()),
                                 reinterpret_cast<sock_filter*>(base + sizeof(sock_fprog))};
    if (!tracee.Write(base, &description, sizeof description) ||
        !tracee.Write(base + sizeof description, program.data(), filter_bytes)) {
      return -EFAULT;
    }
    constexpr std::uint64_t kSetModeFilter = 1, kThreadSync = 1;
    return InjectCall(tid, SYS_seccomp, {kSetModeFilter, kThreadSync, base, 0, 0, 0});
  };

  std::int64_t rc = -EFAULT;
  // Below the main stack nothing is in use; what there is comes back all the same.
  const std::uint64_t stack = StackPointer(tid), first = thread.process->first_stack;
  if (stack <= first && first - stack < kSureStack) {
    const std::uint64_t base = (stack - kRedZone - bytes) / 16 * 16;
    std::vector<char> before(bytes);
    if (tracee.Read(base, before.data(), bytes) == bytes) {
      rc = install(base);
      tracee.Write(base, before.data(), bytes);
    }
  }
  if (rc == -EFAULT) {
    // A page of our own: the stacks of threads may be small, those of goroutines have 2 KiB.
    const std::size_t page = (bytes + 4095) / 4096 * 4096;
    const std::int64_t address =
        InjectCall(tid, SYS_mmap,
                   {0, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                    static_cast<std::uint64_t>(-1), 0});
    if (address < 0) ThrowSystemError(static_cast<int>(-address), "mmap in the traced program");
    const auto base = static_cast<std::uint64_t>(address);
    rc = install(base);
    InjectCall(tid, SYS_munmap, {base, page, 0, 0, 0, 0});
  }
  if (rc != 0) {
    ThrowSystemError(rc < 0 ? static_cast<int>(-rc) : ESRCH, "seccomp in the traced program");
  }
}

}  // namespace sockspec
