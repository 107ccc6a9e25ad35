// The engine behind Scenario: what the kernel says of the program, and the UNIX path.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "harness/base/error.h"
#include "harness/kernel/process_table.h"
#include "harness/kernel/remote_socket.h"
#include "harness/testbed/testbed.h"

namespace sockspec {
namespace {

std::string KindOfPath(const std::string& path, int* mode) {
  struct stat info {};
  if (lstat(path.c_str(), &info) == -1) return errno == ENOENT ? "missing" : "unreadable";
  *mode = static_cast<int>(info.st_mode & 0777);
  if (S_ISSOCK(info.st_mode)) return "socket";
  if (S_ISREG(info.st_mode)) return "file";
  return "other";
}

}  // namespace

std::map<std::uint64_t, Testbed::Holder> Testbed::SocketsHeld(const std::vector<pid_t>& pids,
                                                              int* count) const {
  std::map<std::uint64_t, Holder> held;
  *count = 0;
  for (pid_t pid : pids) {
    for (const Descriptor& descriptor : DescriptorsOf(sandbox_.proc_fd(), pid)) {
      ++*count;
      if (descriptor.socket_inode == 0) continue;
      held.emplace(descriptor.socket_inode, Holder{pid, descriptor.fd});
    }
  }
  return held;
}

void Testbed::AddOptions(const Holder& holder, SocketRow* row) {
  const std::optional<OwnedFd> copy = DuplicateFrom(holder.pid, holder.fd);
  struct stat info {};
  if (!copy.has_value() || fstat(copy->get(), &info) == -1 || info.st_ino != row->inode) {
    return;  // closed meanwhile, and its number may be another's
  }
  const SocketOptions options = ReadSocketOptions(copy->get());
  row->reuse_address = options.reuse_address;
  row->reuse_port = options.reuse_port;
  row->non_blocking = options.non_blocking;
  row->accepting = options.accepting;
  if (options.lingering.has_value()) {
    row->linger = options.lingering->l_onoff != 0 ? options.lingering->l_linger : -1;
  }
  // /proc does not say it.
  if (!row->v6_only.has_value()) row->v6_only = options.v6_only;
}

Snapshot Testbed::TakeSnapshot(std::string_view label) {
  Snapshot snapshot;
  snapshot.label = label;
  const std::vector<pid_t> pids = watch_->LivingProcesses();
  const std::map<std::uint64_t, Holder> held = SocketsHeld(pids, &snapshot.descriptors);
  snapshot.processes = snapshot.threads = snapshot.zombies = 0;
  snapshot.anonymous_memory = snapshot.cpu_ticks = 0;
  for (pid_t pid : pids) {
    const auto stat = ReadProcessStat(sandbox_.proc_fd(), pid);
    if (!stat.has_value()) continue;
    if (stat->state == 'Z') {
      ++snapshot.zombies;
      continue;
    }
    ++snapshot.processes;
    snapshot.threads += stat->threads;
    snapshot.cpu_ticks += static_cast<std::int64_t>(stat->cpu_ticks);
    const auto status = ReadProcessStatus(sandbox_.proc_fd(), pid);
    if (status.has_value() && status->anonymous_memory > 0) {
      snapshot.anonymous_memory += status->anonymous_memory;
    }
  }
  snapshot.zombies += CountZombieChildren(pids);

  const auto add = [&](SocketRow row) {
    const auto holder = held.find(row.inode);
    row.owned = holder != held.end();
    if (row.owned) AddOptions(holder->second, &row);
    snapshot.sockets.push_back(std::move(row));
  };
  if (IsUnix(subject_.transport)) {
    for (UnixSocket& socket : sockets_.UnixSockets()) {
      // A datagram socket that a server of connections holds is for its log.
      const bool held_for_clients =
          held.contains(socket.row.inode) && socket.row.datagrams == UsesDatagrams();
      if (socket.row.local == now_path_ || held_for_clients) add(std::move(socket.row));
    }
    snapshot.path_kind = KindOfPath(PathToLookAt(), &snapshot.path_mode);
  } else {
    if (IsUdp(subject_.transport)) {
      for (InetSocket& socket : sockets_.UdpSockets()) {
        if (socket.local_port == now_port_ || held.contains(socket.row.inode)) {
          add(std::move(socket.row));
        }
      }
    }
    for (InetSocket& socket : sockets_.TcpListeners()) {
      // Another port of the program's is news too: it may have moved there in silence.
      if (socket.local_port == now_port_ || held.contains(socket.row.inode)) {
        add(std::move(socket.row));
      }
    }
    const auto end =
        subject_.role == Role::kServer ? SocketTable::Port::kLocal : SocketTable::Port::kRemote;
    if (label != "ready" && IsTcp(subject_.transport)) {
      for (InetSocket& socket : sockets_.TcpAtPort(now_port_, end)) add(std::move(socket.row));
      AddPeersInTimeWait(snapshot);
    }
  }
  if (!subject_.Has("kernel")) return snapshot;  // for the scenario's own next step
  const TcpCounters counters = ReadTcpCounters(sandbox_.proc_fd());
  snapshot.abort_on_close = counters.abort_on_close - first_counters_.abort_on_close;
  snapshot.abort_on_data = counters.abort_on_data - first_counters_.abort_on_data;
  snapshot.listen_overflows = counters.listen_overflows - first_counters_.listen_overflows;
  Event event{.kind = EventKind::kSnapshot};
  event.snapshot = snapshot;
  Record(std::move(event));
  return snapshot;
}

std::string Testbed::PathToLookAt() const {
  if (subject_.role == Role::kServer || datagrams_.empty()) return now_path_;
  const std::optional<SocketAddress>& client = datagrams_.rbegin()->second.remote;
  return client.has_value() ? PrintAddress(*client) : "";
}

void Testbed::AddPeersInTimeWait(Snapshot& snapshot) {
  // Who closed first shows in TIME_WAIT. Where the program's side has none, ours may.
  const auto waits = [](const SocketRow& row) { return row.state == "TIME_WAIT"; };
  if (subject_.role != Role::kServer || std::ranges::any_of(snapshot.sockets, waits)) return;
  for (InetSocket& socket : sockets_.TcpAtPort(now_port_, SocketTable::Port::kRemote)) {
    if (waits(socket.row)) snapshot.sockets.push_back(std::move(socket.row));
  }
}

int Testbed::CountZombieChildren(const std::vector<pid_t>& pids) const {
  // Ended children that their parent has not waited for: no thread of theirs is traced any more.
  std::set<pid_t> zombies;
  for (pid_t pid : pids) {
    for (pid_t child : DescendantsOf(sandbox_.proc_fd(), pid)) {
      if (std::find(pids.begin(), pids.end(), child) != pids.end()) continue;
      const auto stat = ReadProcessStat(sandbox_.proc_fd(), child);
      if (stat.has_value() && stat->state == 'Z') zombies.insert(child);
    }
  }
  return static_cast<int>(zombies.size());
}

bool Testbed::IsReady() {
  if (tracer_ != nullptr) return tracer_->ServerReadiness() == Tracer::Readiness::kReady;
  // A listening socket of its own, wherever it is: on the wrong address it is ready all the same.
  // Of a datagram socket only its name tells that clients are meant.
  int count = 0;
  const std::map<std::uint64_t, Holder> held = SocketsHeld(watch_->LivingProcesses(), &count);
  if (held.empty()) return false;
  const auto own = [&](const SocketRow& row) { return held.contains(row.inode); };
  if (IsUnix(subject_.transport)) {
    return std::ranges::any_of(sockets_.UnixSockets(), [&](const UnixSocket& socket) {
      return own(socket.row) &&
             (UsesDatagrams() ? socket.row.local == now_path_ : socket.row.state == "LISTEN");
    });
  }
  if (IsUdp(subject_.transport)) {
    return std::ranges::any_of(sockets_.UdpSockets(), [&](const InetSocket& socket) {
      return own(socket.row) && socket.local_port == now_port_;
    });
  }
  return std::ranges::any_of(sockets_.TcpListeners(), own, &InetSocket::row);
}

std::optional<InetSocket> Testbed::ProgramEnd(int number) {
  const int fd = peers_.at(number).peer.fd();
  if (!IsTcp(subject_.transport) || fd < 0 || Ended(number)) return std::nullopt;
  // What is the peer's end to us is the program's own.
  const auto its_end = PeerEnd(fd);
  if (!its_end) return std::nullopt;
  return sockets_.TcpConnection(*its_end, LocalEnd(fd));
}

bool Testbed::KernelBringsMore(int number) {
  // Over UNIX bytes are there as soon as they are written.
  const auto found = ProgramEnd(number);
  return found && (found->row.send_queue > 0 || found->row.state == "SYN_RECV" ||
                   found->row.state == "FIN_WAIT1");
}

bool Testbed::RoomIsComing(int number) {
  // It has read all that came, and the kernel may put off the acknowledgement (tcp(7), delayed
  // ACK). Over UNIX there is room as soon as the program has read.
  const auto found = ProgramEnd(number);
  return found && found->row.state == "ESTABLISHED" && found->row.receive_queue == 0;
}

void Testbed::WritePath(std::string_view kind) {
  const std::string& path = subject_.path;
  if (kind == "stale-socket" || kind == "forbidden-socket") {
    // bind() makes the path; the socket is closed, and nobody listens there any more.
    const SocketAddress address = MakeAddress(subject_.transport, path);
    const int type = SocketType(subject_.transport) | SOCK_CLOEXEC;
    OwnedFd socket_fd(CheckCall(socket(AF_UNIX, type, 0), "socket(AF_UNIX)"));
    CheckCall(bind(socket_fd.get(), address.get(), address.length), "bind({})", path);
    if (kind == "forbidden-socket") CheckCall(chmod(path.c_str(), 0), "chmod({}, 0)", path);
  } else {
    std::ofstream(path) << "a file that is no socket\n";
  }
  Step("puts a " + std::string(kind) + " at the path");
}

void Testbed::ClearPath() {
  if (!IsUnix(subject_.transport) || unlink(subject_.path.c_str()) == -1) return;
  Step("removes what was left at the path");
}

}  // namespace sockspec
