// The tracer: what descriptors a process holds, and how it comes by them.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "harness/kernel/process_table.h"
#include "harness/kernel/remote_socket.h"
#include "harness/trace/proc_questions.h"
#include "harness/trace/tracee.h"
#include "harness/trace/tracer.h"

namespace sockspec {
namespace {

bool IsConnected(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  return getpeername(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
}

}  // namespace

void Tracer::TrackDescriptors(TracedThread* thread, PendingCall* pending) {
  auto& table = thread->process->descriptors;
  const auto& a = pending->arguments;
  const int fd = pending->call.fd;
  switch (pending->entry->kind) {
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
      const int to = static_cast<int>(pending->call.result);
      if (to == fd) break;
      const auto found = table.find(fd);
      if (found == table.end()) {
        table.erase(to);  // something else took a socket's place
      } else {
        TrackedDescriptor copy = found->second;
        copy.close_on_exec = pending->call.name == "dup3" && (a[2] & O_CLOEXEC) != 0;
        table[to] = copy;
      }
      break;
    }
    case CallKind::kControl: {
      const int command = pending->call.number;
      if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) {
        TrackedDescriptor copy = table[fd];
        copy.close_on_exec = command == F_DUPFD_CLOEXEC;
        table[static_cast<int>(pending->call.result)] = copy;
      } else if (command == F_SETFD) {
        table[fd].close_on_exec = (a[2] & FD_CLOEXEC) != 0;
      } else if (command == F_SETFL && pending->socket != nullptr) {
        pending->socket->non_blocking = (a[2] & O_NONBLOCK) != 0;
      }
      break;
    }
    case CallKind::kTake: {
      const int to = static_cast<int>(pending->call.result);
      TakeDescriptor(thread, to);
      table[to].close_on_exec = true;
      if (const auto socket = thread->process->Socket(to); socket != nullptr) {
        pending->call.socket = pending->call.on_socket = socket->number;
        pending->call.role = socket->role;
      }
      break;
    }
    case CallKind::kEpollCreate:
      table[static_cast<int>(pending->call.result)] = {
          .epoll = std::make_shared<EpollSet>(),
          .close_on_exec = pending->call.name == "epoll_create1" && (a[0] & EPOLL_CLOEXEC) != 0};
      break;
    case CallKind::kTimerCreate: {
      const int to = static_cast<int>(pending->call.result);
      auto duplicate = DuplicateFrom(thread->process->pid, to);
      if (!duplicate.has_value()) break;  // it has just been killed
      auto timer = std::make_shared<Timer>();
      timer->duplicate = std::move(*duplicate);
      table[to] = {.timer = std::move(timer), .close_on_exec = (a[1] & TFD_CLOEXEC) != 0};
      break;
    }
    case CallKind::kDeviceControl:
      if (a[1] == FIOCLEX) table[fd].close_on_exec = true;
      if (a[1] == FIONCLEX) table[fd].close_on_exec = false;
      if (a[1] == FIONBIO && pending->socket != nullptr) {
        int on = 0;
        if (LiveTracee(thread->tid).ReadValue(a[2], &on)) pending->socket->non_blocking = on != 0;
      }
      break;
    default:
      break;
  }
}

void Tracer::ForgetDescriptor(TracedProcess* process, int fd) {
  const auto found = process->descriptors.find(fd);
  const bool was_socket = found != process->descriptors.end() && found->second.socket != nullptr;
  if (found != process->descriptors.end()) process->descriptors.erase(found);
  if (was_socket) {
    process->former_sockets.insert(fd);
  } else {
    process->former_sockets.erase(fd);  // the number was something else by then
  }
}

void Tracer::TrackEpoll(TracedThread* thread, const PendingCall& pending) {
  auto& table = thread->process->descriptors;
  const int operation = static_cast<int>(pending.arguments[1]);
  const int fd = static_cast<int>(pending.arguments[2]);
  TrackedDescriptor& descriptor = table[static_cast<int>(pending.arguments[0])];
  if (descriptor.epoll == nullptr) descriptor.epoll = std::make_shared<EpollSet>();
  const auto member = table.find(fd);
  const TrackedDescriptor subject = member == table.end() ? TrackedDescriptor{} : member->second;
  // A set knows its members by number and open file together: of a closed number whose file lives
  // on in a copy the old member stays.
  auto& members = descriptor.epoll->members;
  std::erase_if(members, [&](const EpollSet::Member& known) {
    return known.fd == fd && known.socket.lock() == subject.socket &&
           known.timer.lock() == subject.timer && known.nested.lock() == subject.epoll;
  });
  if (operation == EPOLL_CTL_DEL) return;
  epoll_event event{};
  if (!LiveTracee(thread->tid).ReadValue(pending.arguments[3], &event)) return;
  members.push_back(
      {fd, subject.socket, subject.timer, subject.epoll, event.events, event.data.u64});
}

void Tracer::NotePassed(TracedProcess* process, PendingCall* pending) {
  for (const int fd : pending->call.descriptors) {
    const auto socket = process->Socket(fd);
    if (socket == nullptr) continue;
    if (socket->inode == 0) socket->inode = SocketInode(proc_fd_, process->pid, fd);
    pending->passed.push_back(socket);
  }
}

void Tracer::PassOn(const PendingCall& pending) {
  for (const auto& socket : pending.passed) {
    if (socket->inode != 0) in_flight_[socket->inode] = socket;
  }
}

void Tracer::TakeIn(TracedThread* thread, const Call& call) {
  for (const int fd : call.descriptors) {
    TakeDescriptor(thread, fd);
    const auto found = thread->process->descriptors.find(fd);
    if (found == thread->process->descriptors.end()) continue;
    found->second.close_on_exec = (call.flags & MSG_CMSG_CLOEXEC) != 0;
    in_flight_.erase(found->second.socket->inode);
  }
}

void Tracer::TakeDescriptor(TracedThread* thread, int fd) {
  TracedProcess* process = thread->process;
  process->descriptors.erase(fd);
  const std::uint64_t inode = SocketInode(proc_fd_, process->pid, fd);
  if (inode == 0) return;
  auto socket = KnownByInode(inode);
  if (socket == nullptr) socket = SocketFromOutside(*process, fd);
  if (socket == nullptr) return;
  socket->inode = inode;
  process->descriptors[fd].socket = std::move(socket);
}

std::shared_ptr<OpenSocket> Tracer::KnownByInode(std::uint64_t inode) {
  const auto flying = in_flight_.find(inode);
  if (flying != in_flight_.end()) return flying->second;
  for (const auto& [pid, process] : processes_) {
    for (const auto& [fd, descriptor] : process->descriptors) {
      if (descriptor.socket == nullptr) continue;
      if (descriptor.socket->inode == 0) {
        descriptor.socket->inode = SocketInode(proc_fd_, pid, fd);
      }
      if (descriptor.socket->inode == inode) return descriptor.socket;
    }
  }
  return nullptr;
}

std::shared_ptr<OpenSocket> Tracer::SocketFromOutside(const TracedProcess& process, int fd) {
  const auto duplicate = DuplicateFrom(process.pid, fd);
  if (!duplicate.has_value()) return nullptr;
  const SocketOptions options = ReadSocketOptions(duplicate->get());
  Call made;
  made.family = options.family;
  made.type = options.type;
  auto socket = NewSocket(made, options.non_blocking ? SOCK_NONBLOCK : 0);
  if (options.accepting.value_or(false)) {
    socket->role = SocketRole::kListener;
    socket->endpoint = true;
  } else if (socket->role == SocketRole::kDatagram) {
    socket->endpoint = hooks_.datagrams;
  } else if (socket->role == SocketRole::kUnconnected && IsConnected(duplicate->get())) {
    const std::string peer = PeerAddressOf(duplicate->get());
    const bool pair = socket->family == AF_UNIX && LocalAddressOf(duplicate->get()) == peer;
    socket->role = pair ? SocketRole::kPair : SocketRole::kConnection;
    if (!pair) {
      socket->connection = hooks_.connection_of(process.pid, fd, peer);
      traffic_[socket->connection] = {{.known = true}, socket};
    }
  }
  return socket;
}

void Tracer::TakeInherited(TracedThread* thread) {
  // A launch closes or opens whatever else there is, which may be a thousand files.
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (SocketInode(proc_fd_, thread->process->pid, fd) != 0) TakeDescriptor(thread, fd);
  }
}

}  // namespace sockspec
