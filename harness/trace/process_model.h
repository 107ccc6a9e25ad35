// The tracer's picture of the program: its processes, threads, descriptors and sockets.
//
// Kept from system calls alone. Descriptors that are neither sockets nor epoll sets are not in it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "harness/evidence/event.h"
#include "harness/kernel/process_table.h"
#include "harness/trace/call_table.h"

namespace sockspec {

// An open socket description: what dup() and fork() share.
struct OpenSocket {
  int number = 0;  // by order of appearance
  int family = -1, type = -1;
  SocketRole role = SocketRole::kUnconnected;
  int connection = -1;  // the harness's connection at the other end
  bool non_blocking = false;
  bool receive_timeout = false;  // SO_RCVTIMEO is set: its waits are timed
  bool send_timeout = false;
};

struct EpollSet {
  std::map<int, std::uint32_t> interest;  // descriptor at EPOLL_CTL_ADD -> events
  std::map<int, std::weak_ptr<OpenSocket>> sockets;
};

struct TrackedDescriptor {
  std::shared_ptr<OpenSocket> socket;  // one of the two
  std::shared_ptr<EpollSet> epoll;
  bool close_on_exec = false;
};

struct TracedProcess {
  pid_t pid = 0;
  pid_t inner_pid = 0;  // in the sandbox's pid namespace, as kill() there names it
  int number = 0;
  int run = 0;
  bool launched = false;       // the run's first process
  bool socket_filter = false;  // filter B is installed
  bool open_filter = false;    // and the one for open()
  std::map<int, TrackedDescriptor> descriptors;
  std::set<int> former_sockets;  // numbers that were sockets and have been closed
  std::map<int, int> handlers;   // signal -> sa_flags, where a handler function is installed
  int living_threads = 0;

  std::shared_ptr<OpenSocket> Socket(int fd) const;
  // Whether the socket is in an epoll set with EPOLLET.
  bool IsEdgeTriggered(const OpenSocket& socket) const;
};

// A thread's blocking call, as the tracer saw it enter.
struct Wait {
  std::string what;  // "accept(listener)", for people
  bool timed = false;
  std::int64_t timeout = 0;  // nanoseconds, where `timed` and known
  bool on_listener = false;  // accept on it, or a readiness wait whose set has it
  bool on_socket = false;    // concerns a socket at all
  std::uint64_t signature =
      0;  // equal for the same call with the same arguments from the same place
};

struct PendingCall {
  const CallEntry* entry = nullptr;
  std::uint64_t arguments[6] = {};
  Call call;  // decoded as far as entry allows
  std::optional<Wait> wait;
  std::shared_ptr<OpenSocket> socket;
  bool end_wait = false;  // its timed wait is to end now, as if the time had passed
  int fault = -1;         // the fault that hit it (its place among those armed then), and what
  FaultAction fault_action = FaultAction::kErrno;  // is left to do at the exit
  int fault_error = 0;
  int changed_argument = -1;         // whose register was changed, to be put back
  std::uint64_t vector_address = 0;  // an iovec array that was shortened ...
  std::string vector_saved;          // ... and its content, to be put back
};

struct TracedThread {
  pid_t tid = 0;
  int number = 0;
  TracedProcess* process = nullptr;
  std::optional<PendingCall> pending;  // entered, exit not yet seen
  std::optional<PendingCall>
      interrupted;  // returned ERESTART*: restarts, or the program sees EINTR
  bool group_stopped = false;
  bool held = false;       // by a fault: not resumed until Tracer::Release()
  bool has_begun = false;  // its first stop, before its first instruction, was seen
  bool may_sleep = false;  // entered a call that is not followed to its end, in which it
                           // may sleep: a futex, a pipe
  std::optional<ThreadStateFile> state_file;
  bool made_socket_call = false;
  bool seeks_clients = false;  // has found none without waiting: accept or a look that failed
  // A heartbeat: the same wait for the same time again and again, with nothing done by any thread
  // of the program in between.
  std::uint64_t last_wait = 0;     // its signature
  std::int64_t last_timeout = 0;   // nanoseconds
  std::int64_t same_since = 0;     // when the first of the equal waits began (monotonic)
  std::int64_t last_activity = 0;  // the program's count of activities at that wait
  int equal_waits = 0;
  bool has_deadline = false;     // ended early, it waits again for the rest of the time: its
                                 // clock tells it, and the time must really pass
  std::string last_call;         // its name
  bool same_call_again = false;  // the one before had that name, too
};

}  // namespace sockspec
