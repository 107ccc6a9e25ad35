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
#include <vector>

#include "harness/base/owned_fd.h"
#include "harness/evidence/event.h"
#include "harness/kernel/process_table.h"
#include "harness/trace/call_table.h"

namespace sockspec {

// A span of time that is not known, in nanoseconds.
inline constexpr std::int64_t kUnknownSpan = -1;

// An open socket description: what dup(), fork() and SCM_RIGHTS share.
struct OpenSocket {
  int number = 0;  // by order of appearance
  int family = -1, type = -1;
  SocketRole role = SocketRole::kUnconnected;
  int connection = -1;    // the harness's connection at the other end
  bool endpoint = false;  // clients come in by it: it listens, or is a datagram socket with a name
  bool non_blocking = false;
  std::uint64_t inode = 0;           // 0: not asked for yet
  std::int64_t receive_timeout = 0;  // SO_RCVTIMEO in nanoseconds: its waits are timed; 0: none
  std::int64_t send_timeout = 0;
};

// A timerfd. The tracer keeps a descriptor of it, by which the kernel tells when it expires, and by
// which it can be made to expire at once.
struct Timer {
  OwnedFd duplicate;
  bool fired = false;  // made to expire, and nobody who waits for it has been seen to wake yet
};

struct EpollSet {
  struct Member {
    int fd = -1;
    std::weak_ptr<OpenSocket> socket;  // one of the three, or none: a pipe
    std::weak_ptr<Timer> timer;
    std::weak_ptr<EpollSet> nested;
    std::uint32_t events = 0;
    std::uint64_t data = 0;
    bool spent = false;  // EPOLLONESHOT, and it has been reported
  };
  std::vector<Member> members;
};

struct TrackedDescriptor {
  std::shared_ptr<OpenSocket> socket;  // one of the three
  std::shared_ptr<EpollSet> epoll;
  std::shared_ptr<Timer> timer;
  bool close_on_exec = false;
};

// A timer whose end is a signal: alarm(), setitimer(ITIMER_REAL), timer_create().
struct SignalTimer {
  static constexpr int kAlarm = -1;  // the id of alarm() and setitimer(), which share one timer
  int signal = 0;
  int thread = 0;           // SIGEV_THREAD_ID: the receiver; 0: the process
  std::uint64_t value = 0;  // sigev_value
  int clock = 0;
  bool armed = false;
  std::int64_t interval = 0;  // nanoseconds; 0: fires once
  std::int64_t due = 0;       // on the tracer's clock (Tracer::Now)
  std::int64_t expires = 0;   // on the monotonic clock
  bool ended_early = false;   // the tracer has sent its signal; the real one is still to come
  int beats = 0;              // fired so often with nothing done in between
  std::int64_t last_activity = 0;
};

struct TracedProcess {
  pid_t pid = 0;
  pid_t inner_pid = 0;  // in the sandbox's pid namespace, as kill() there names it
  int number = 0;
  int run = 0;
  bool launched = false;          // the run's first process
  bool socket_filter = false;     // filter B is installed
  bool open_filter = false;       // and the one for open()
  bool told_to_end = false;       // the harness has sent it a signal that ends programs
  std::uint64_t first_stack = 0;  // the stack pointer at its exec
  std::map<int, TrackedDescriptor> descriptors;
  std::set<int> former_sockets;              // numbers that were sockets and have been closed
  std::map<int, SignalTimer> signal_timers;  // by timer_create()'s id, and kAlarm
  int living_threads = 0;

  std::shared_ptr<OpenSocket> Socket(int fd) const;
  // Whether the socket is in an epoll set with EPOLLET.
  bool IsEdgeTriggered(const OpenSocket& socket) const;
};

// What a readiness wait looks at. Sets may change while it sleeps, so they are asked when it
// matters.
struct Watched {
  struct Member {
    std::weak_ptr<OpenSocket> socket;
    bool for_input = false;
  };
  std::vector<Member> sockets;
  std::vector<std::weak_ptr<Timer>> timers;
  std::vector<std::weak_ptr<EpollSet>> epolls;
};

// A thread's blocking call, as the tracer saw it enter.
struct Wait {
  std::string what;  // "accept(listener)", for people
  bool timed = false;
  std::int64_t timeout = kUnknownSpan;  // nanoseconds, where `timed`
  bool by_clock = false;     // it waits for a point in time: the span is what was left at its entry
  std::int64_t due = 0;      // on the tracer's clock; 0: unknown
  std::int64_t began = 0;    // monotonic, not on that clock
  bool on_listener = false;  // accept or receive on what clients come in by
  bool on_socket = false;    // concerns a socket at all
  bool naps = false;         // waits for nothing but time
  bool internal = false;     // for another thread, by one that has no conversation
  Watched watched;
  std::uint64_t signature =
      0;  // equal for the same call with the same arguments from the same place
};

struct PendingCall {
  const CallEntry* entry = nullptr;
  std::uint64_t arguments[6] = {};
  Call call;  // decoded as far as entry allows
  std::optional<Wait> wait;
  std::shared_ptr<OpenSocket> socket;
  std::vector<std::shared_ptr<OpenSocket>> passed;  // by SCM_RIGHTS
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
  // The kernel's SIGSTOP for a thread that is traced from its start is still to come. One sent by
  // the harness looks the same: it comes from outside the program's pid namespace.
  bool first_stop_due = false;
  bool group_stopped = false;
  bool held = false;             // by a fault: not resumed until Tracer::Release()
  bool has_begun = false;        // its first stop, before its first instruction, was seen
  bool may_sleep = false;        // entered a call that is not followed to its end, in which it
                                 // may sleep: a futex, a pipe
  std::int64_t resumed_at = -1;  // which look at stops it was that let it go on last
  std::optional<ThreadStateFile> state_file;
  std::weak_ptr<OpenSocket> conversation;  // the connection that it used last
  bool seeks_clients = false;  // has found none without waiting: accept or a look that failed
  // A heartbeat: the same wait for the same time again and again, with nothing done by any thread
  // of the program in between.
  bool polls_between = false;      // ... but for calls that found nothing to do
  int looks = 0;                   // readiness calls that did not wait and found nothing
  std::uint64_t last_wait = 0;     // its signature
  std::int64_t last_timeout = 0;   // nanoseconds
  std::int64_t first_timeout = 0;  // of the first of the equal waits
  std::int64_t same_since = 0;     // when that one began (monotonic) ...
  std::int64_t last_began = 0;     // ... and the latest
  std::int64_t steady_for = 0;     // nanoseconds that have passed, and the waits stayed equal
  std::int64_t last_activity = 0;  // the program's count of activities at that wait
  int equal_waits = 0;
  bool has_deadline = false;     // ended early, it waits again for the rest of the time: its
                                 // clock tells it, and the time must really pass
  int deadlines_passed = 0;      // in a row, with nothing done after any of them
  std::string last_call;         // its name
  bool same_call_again = false;  // the one before had that name, too
};

}  // namespace sockspec
