// The system calls that the tracer follows.
#include "harness/trace/call_table.h"

#include <sys/syscall.h>

#include <array>

namespace sockspec {
namespace {

// SYS_open, dup2, poll, pause ... are missing on newer architectures.
constexpr CallEntry kCalls[] = {
    {SYS_socket, "socket", CallKind::kSocket, FollowedFrom::kStart},
    {SYS_socketpair, "socketpair", CallKind::kSocketPair, FollowedFrom::kStart},
    {SYS_bind, "bind", CallKind::kBind, FollowedFrom::kStart},
    {SYS_listen, "listen", CallKind::kListen, FollowedFrom::kStart},
    {SYS_accept, "accept", CallKind::kAccept, FollowedFrom::kStart},
    {SYS_accept4, "accept4", CallKind::kAccept, FollowedFrom::kStart},
    {SYS_connect, "connect", CallKind::kConnect, FollowedFrom::kStart},
    {SYS_shutdown, "shutdown", CallKind::kShutdown, FollowedFrom::kStart},
    {SYS_setsockopt, "setsockopt", CallKind::kSetOption, FollowedFrom::kStart},
    {SYS_getsockopt, "getsockopt", CallKind::kGetOption, FollowedFrom::kStart},
    {SYS_sendto, "sendto", CallKind::kSend, FollowedFrom::kStart},
    {SYS_sendmsg, "sendmsg", CallKind::kSend, FollowedFrom::kStart},
    {SYS_sendmmsg, "sendmmsg", CallKind::kSend, FollowedFrom::kStart},
    {SYS_recvfrom, "recvfrom", CallKind::kReceive, FollowedFrom::kStart},
    {SYS_recvmsg, "recvmsg", CallKind::kReceive, FollowedFrom::kStart},
    {SYS_recvmmsg, "recvmmsg", CallKind::kReceive, FollowedFrom::kStart},
    {SYS_rt_sigaction, "rt_sigaction", CallKind::kSignalAction, FollowedFrom::kSignalActions},
    {SYS_epoll_create1, "epoll_create1", CallKind::kEpollCreate, FollowedFrom::kStart},
    {SYS_epoll_ctl, "epoll_ctl", CallKind::kEpollControl, FollowedFrom::kStart},
    {SYS_timerfd_create, "timerfd_create", CallKind::kTimerCreate, FollowedFrom::kStart},
    {SYS_setitimer, "setitimer", CallKind::kSignalTimer, FollowedFrom::kStart},
    {SYS_timer_create, "timer_create", CallKind::kSignalTimer, FollowedFrom::kStart},
    {SYS_timer_settime, "timer_settime", CallKind::kSignalTimer, FollowedFrom::kStart},
    {SYS_timer_delete, "timer_delete", CallKind::kSignalTimer, FollowedFrom::kStart},
    {SYS_pidfd_getfd, "pidfd_getfd", CallKind::kTake, FollowedFrom::kStart},
    {SYS_setsid, "setsid", CallKind::kSession, FollowedFrom::kStart},
    {SYS_setpgid, "setpgid", CallKind::kSession, FollowedFrom::kStart},
    {SYS_sched_getaffinity, "sched_getaffinity", CallKind::kAffinity, FollowedFrom::kStart},
    {SYS_sched_setaffinity, "sched_setaffinity", CallKind::kAffinity, FollowedFrom::kStart},
    {SYS_restart_syscall, "restart_syscall", CallKind::kRestart, FollowedFrom::kStart},
    {SYS_kill, "kill", CallKind::kKill, FollowedFrom::kStart},
    {SYS_clone, "clone", CallKind::kFork, FollowedFrom::kStart},
    {SYS_clone3, "clone3", CallKind::kFork, FollowedFrom::kStart},
    {SYS_clock_nanosleep, "clock_nanosleep", CallKind::kSleep, FollowedFrom::kStart},
    {SYS_nanosleep, "nanosleep", CallKind::kSleep, FollowedFrom::kStart},
    {SYS_rt_sigsuspend, "rt_sigsuspend", CallKind::kWaitForSignal, FollowedFrom::kStart},
    {SYS_rt_sigtimedwait, "rt_sigtimedwait", CallKind::kWaitForSignal, FollowedFrom::kStart},
    {SYS_wait4, "wait4", CallKind::kWaitForChild, FollowedFrom::kStart},
    {SYS_waitid, "waitid", CallKind::kWaitForChild, FollowedFrom::kStart},
    {SYS_ppoll, "ppoll", CallKind::kPoll, FollowedFrom::kStart},
    {SYS_pselect6, "pselect6", CallKind::kSelect, FollowedFrom::kStart},
    {SYS_epoll_pwait, "epoll_pwait", CallKind::kEpollWait, FollowedFrom::kStart},
    {SYS_epoll_pwait2, "epoll_pwait2", CallKind::kEpollWait, FollowedFrom::kStart},
    {SYS_futex, "futex", CallKind::kFutexWait, FollowedFrom::kFirstSocket},
    {SYS_write, "write", CallKind::kSend, FollowedFrom::kFirstSocket},
    {SYS_writev, "writev", CallKind::kSend, FollowedFrom::kFirstSocket},
    {SYS_pwritev2, "pwritev2", CallKind::kSend, FollowedFrom::kFirstSocket},
    {SYS_sendfile, "sendfile", CallKind::kSend, FollowedFrom::kFirstSocket},
    {SYS_splice, "splice", CallKind::kSend, FollowedFrom::kFirstSocket},
    {SYS_read, "read", CallKind::kReceive, FollowedFrom::kFirstSocket},
    {SYS_readv, "readv", CallKind::kReceive, FollowedFrom::kFirstSocket},
    {SYS_preadv2, "preadv2", CallKind::kReceive, FollowedFrom::kFirstSocket},
    {SYS_close, "close", CallKind::kClose, FollowedFrom::kFirstSocket},
    {SYS_close_range, "close_range", CallKind::kCloseRange, FollowedFrom::kFirstSocket},
    {SYS_dup, "dup", CallKind::kDuplicate, FollowedFrom::kFirstSocket},
    {SYS_dup3, "dup3", CallKind::kDuplicate, FollowedFrom::kFirstSocket},
    {SYS_fcntl, "fcntl", CallKind::kControl, FollowedFrom::kFirstSocket},
    {SYS_ioctl, "ioctl", CallKind::kDeviceControl, FollowedFrom::kFirstSocket},
    {SYS_clock_gettime, "clock_gettime", CallKind::kClock, FollowedFrom::kOwnClock},
    {SYS_gettimeofday, "gettimeofday", CallKind::kClock, FollowedFrom::kOwnClock},
    {SYS_openat, "openat", CallKind::kOpen, FollowedFrom::kListenWithFaults},
    {SYS_openat2, "openat2", CallKind::kOpen, FollowedFrom::kListenWithFaults},
#ifdef SYS_poll
    {SYS_fork, "fork", CallKind::kFork, FollowedFrom::kStart},
    {SYS_vfork, "vfork", CallKind::kFork, FollowedFrom::kStart},
    {SYS_open, "open", CallKind::kOpen, FollowedFrom::kListenWithFaults},
    {SYS_time, "time", CallKind::kClock, FollowedFrom::kOwnClock},
    {SYS_poll, "poll", CallKind::kPoll, FollowedFrom::kStart},
    {SYS_select, "select", CallKind::kSelect, FollowedFrom::kStart},
    {SYS_epoll_wait, "epoll_wait", CallKind::kEpollWait, FollowedFrom::kStart},
    {SYS_epoll_create, "epoll_create", CallKind::kEpollCreate, FollowedFrom::kStart},
    {SYS_alarm, "alarm", CallKind::kSignalTimer, FollowedFrom::kStart},
    {SYS_pause, "pause", CallKind::kWaitForSignal, FollowedFrom::kStart},
    {SYS_dup2, "dup2", CallKind::kDuplicate, FollowedFrom::kFirstSocket},
#endif
    {-1, nullptr, CallKind::kNone, FollowedFrom::kStart}};

constexpr CallEntry kSpliceFromSocket = {SYS_splice, "splice", CallKind::kReceive,
                                         FollowedFrom::kFirstSocket};

constexpr int kTableSize = 512;

std::array<const CallEntry*, kTableSize> MakeTable() {
  std::array<const CallEntry*, kTableSize> table{};
  for (const CallEntry& entry : kCalls) {
    if (entry.name != nullptr) table[entry.number] = &entry;
  }
  return table;
}

}  // namespace

const CallEntry* FindCall(std::uint64_t number) {
  static const std::array<const CallEntry*, kTableSize> table = MakeTable();
  return number < kTableSize ? table[number] : nullptr;
}

const CallEntry* SpliceFromSocket() { return &kSpliceFromSocket; }

const CallEntry* AllCalls() { return kCalls; }

bool FaultClassOf(CallKind kind, CallClass* result) {
  switch (kind) {
    case CallKind::kSocket:
      *result = CallClass::kSocket;
      return true;
    case CallKind::kBind:
      *result = CallClass::kBind;
      return true;
    case CallKind::kListen:
      *result = CallClass::kListen;
      return true;
    case CallKind::kAccept:
      *result = CallClass::kAccept;
      return true;
    case CallKind::kConnect:
      *result = CallClass::kConnect;
      return true;
    case CallKind::kSend:
      *result = CallClass::kSend;
      return true;
    case CallKind::kReceive:
      *result = CallClass::kReceive;
      return true;
    case CallKind::kClose:
      *result = CallClass::kClose;
      return true;
    case CallKind::kPoll:
    case CallKind::kSelect:
    case CallKind::kEpollWait:
      *result = CallClass::kWait;
      return true;
    case CallKind::kFork:
      *result = CallClass::kFork;
      return true;
    case CallKind::kOpen:
      *result = CallClass::kOpen;
      return true;
    default:
      return false;
  }
}

}  // namespace sockspec
