// The tracer: keeping its picture of descriptors and sockets after each call.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <csignal>

#include "harness/base/error.h"
#include "harness/trace/architecture.h"
#include "harness/trace/proc_questions.h"
#include "harness/trace/seccomp_filters.h"
#include "harness/trace/tracee.h"
#include "harness/trace/tracer.h"

namespace sockspec {
namespace {

SocketRole RoleOfNew(int family, int type) {
  if (family != AF_INET && family != AF_INET6 && family != AF_UNIX) return SocketRole::kNone;
  return type == SOCK_DGRAM || type == SOCK_RAW ? SocketRole::kDatagram : SocketRole::kUnconnected;
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
        process->descriptors[static_cast<int>(call.result)] = {socket, nullptr,
                                                               (call.flags & SOCK_CLOEXEC) != 0};
      }
      AddSocketFilter(thread);
      break;
    case CallKind::kSocketPair: {
      int pair[2] = {-1, -1};
      if (!ok || !LiveTracee(thread->tid).ReadValue(pending->arguments[3], &pair)) break;
      for (int fd : pair) {
        auto socket = NewSocket(call, call.flags);
        socket->role = SocketRole::kPair;
        process->descriptors[fd] = {socket, nullptr, (call.flags & SOCK_CLOEXEC) != 0};
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
        traffic_[call.connection].traffic.sent += call.result;
      }
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
      if (ok && pending->socket != nullptr && call.option_value.size() >= 4) {
        const bool set = call.option_value[0] != 0 || call.option_value[2] != 0;
        if (call.option == "SO_RCVTIMEO") pending->socket->receive_timeout = set;
        if (call.option == "SO_SNDTIMEO") pending->socket->send_timeout = set;
      }
      break;
    case CallKind::kSignalAction:
      if (!ok || call.option.empty()) break;
      if (call.option == "handler") {
        process->handlers[call.number] = call.flags;
      } else {
        process->handlers.erase(call.number);
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
      if (ok) TrackDescriptors(thread, *pending);
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
  thread->process->descriptors[fd] = {socket, nullptr, (call.flags & SOCK_CLOEXEC) != 0};
}

void Tracer::TrackDescriptors(TracedThread* thread, const PendingCall& pending) {
  auto& table = thread->process->descriptors;
  const auto& a = pending.arguments;
  const int fd = pending.call.fd;
  switch (pending.entry->kind) {
    case CallKind::kCloseRange: {
      const bool only_flag = (a[2] & CLOSE_RANGE_CLOEXEC) != 0;
      for (auto it = table.begin(); it != table.end();) {
        const bool inside = static_cast<std::uint64_t>(it->first) >= (a[0] & 0xffffffff) &&
                            static_cast<std::uint64_t>(it->first) <= (a[1] & 0xffffffff);
        if (inside && only_flag) it->second.close_on_exec = true;
        it = inside && !only_flag ? table.erase(it) : std::next(it);
      }
      break;
    }
    case CallKind::kDuplicate: {
      const int to = static_cast<int>(pending.call.result);
      if (to == fd) break;
      const auto found = table.find(fd);
      if (found == table.end()) {
        table.erase(to);  // something else took a socket's place
      } else {
        TrackedDescriptor copy = found->second;
        copy.close_on_exec = pending.call.name == "dup3" && (a[2] & O_CLOEXEC) != 0;
        table[to] = copy;
      }
      break;
    }
    case CallKind::kControl: {
      const int command = pending.call.number;
      if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) {
        TrackedDescriptor copy = table[fd];
        copy.close_on_exec = command == F_DUPFD_CLOEXEC;
        table[static_cast<int>(pending.call.result)] = copy;
      } else if (command == F_SETFD) {
        table[fd].close_on_exec = (a[2] & FD_CLOEXEC) != 0;
      } else if (command == F_SETFL && pending.socket != nullptr) {
        pending.socket->non_blocking = (a[2] & O_NONBLOCK) != 0;
      }
      break;
    }
    case CallKind::kDeviceControl:
      if (a[1] == FIOCLEX) table[fd].close_on_exec = true;
      if (a[1] == FIONCLEX) table[fd].close_on_exec = false;
      if (a[1] == FIONBIO && pending.socket != nullptr) {
        int on = 0;
        if (LiveTracee(thread->tid).ReadValue(a[2], &on)) pending.socket->non_blocking = on != 0;
      }
      break;
    default:
      break;
  }
}

void Tracer::ForgetDescriptor(TracedProcess* process, int fd) {
  if (process->descriptors.erase(fd) > 0) {
    process->former_sockets.insert(fd);
  } else {
    process->former_sockets.erase(fd);  // the number was something else by then
  }
}

void Tracer::TrackEpoll(TracedThread* thread, const PendingCall& pending) {
  auto& table = thread->process->descriptors;
  const int epoll_fd = static_cast<int>(pending.arguments[0]);
  const int operation = static_cast<int>(pending.arguments[1]);
  const int fd = static_cast<int>(pending.arguments[2]);
  TrackedDescriptor& descriptor = table[epoll_fd];
  if (descriptor.epoll == nullptr) {
    descriptor.epoll = std::make_shared<EpollSet>();
    descriptor.close_on_exec = true;  // epoll_create1 is not followed; runtimes set it
  }
  if (operation == EPOLL_CTL_DEL) {
    descriptor.epoll->sockets.erase(fd);
    descriptor.epoll->interest.erase(fd);
    return;
  }
  epoll_event event{};
  if (LiveTracee(thread->tid).ReadValue(pending.arguments[3], &event)) {
    descriptor.epoll->interest[fd] = event.events;
  }
  if (auto socket = thread->process->Socket(fd); socket != nullptr) {
    descriptor.epoll->sockets[fd] = socket;
  }
}

void Tracer::AddSocketFilter(TracedThread* thread) {
  if (thread->process->socket_filter) return;
  AddFilter(thread->tid, TracingFilters().with_socket);
  thread->process->socket_filter = true;
}

void Tracer::AddFilter(pid_t tid, const SeccompProgram& program) {
  // A page of our own, not the stack: goroutine stacks are 2 KiB.
  const std::size_t bytes = program.size() * sizeof(sock_filter);
  const std::size_t page = (sizeof(sock_fprog) + bytes + 4095) / 4096 * 4096;
  const std::int64_t address =
      InjectCall(tid, SYS_mmap,
                 {0, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                  static_cast<std::uint64_t>(-1), 0});
  if (address < 0) ThrowSystemError(static_cast<int>(-address), "mmap in the traced program");
  const auto base = static_cast<std::uint64_t>(address);
  sock_fprog description{static_cast<unsigned short>(program.size()),
                         reinterpret_cast<sock_filter*>(base + sizeof(sock_fprog))};
  LiveTracee tracee(tid);
  tracee.Write(base, &description, sizeof description);
  tracee.Write(base + sizeof description, program.data(), bytes);
  constexpr std::uint64_t kSetModeFilter = 1, kThreadSync = 1;
  const std::int64_t rc =
      InjectCall(tid, SYS_seccomp, {kSetModeFilter, kThreadSync, base, 0, 0, 0});
  InjectCall(tid, SYS_munmap, {base, page, 0, 0, 0, 0});
  if (rc != 0) {
    ThrowSystemError(rc < 0 ? static_cast<int>(-rc) : ESRCH, "seccomp in the traced program");
  }
}

}  // namespace sockspec
