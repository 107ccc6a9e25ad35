// The system calls that the tracer follows.
#include "harness/trace/call_table.h"

#include <sys/syscall.h>

#include <array>

namespace sockspec {
namespace {

// SYS_open, dup2, poll, pause ... are missing on newer architectures.
constexpr CallEntry kCalls[] = {
    {SYS_socket, "socket", CallKind::kSocket, true},
    {SYS_socketpair, "socketpair", CallKind::kSocketPair, true},
    {SYS_bind, "bind", CallKind::kBind, true},
    {SYS_listen, "listen", CallKind::kListen, true},
    {SYS_accept, "accept", CallKind::kAccept, true},
    {SYS_accept4, "accept4", CallKind::kAccept, true},
    {SYS_connect, "connect", CallKind::kConnect, true},
    {SYS_shutdown, "shutdown", CallKind::kShutdown, true},
    {SYS_setsockopt, "setsockopt", CallKind::kSetOption, true},
    {SYS_sendto, "sendto", CallKind::kSend, true},
    {SYS_sendmsg, "sendmsg", CallKind::kSend, true},
    {SYS_sendmmsg, "sendmmsg", CallKind::kSend, true},
    {SYS_recvfrom, "recvfrom", CallKind::kReceive, true},
    {SYS_recvmsg, "recvmsg", CallKind::kReceive, true},
    {SYS_recvmmsg, "recvmmsg", CallKind::kReceive, true},
    {SYS_rt_sigaction, "rt_sigaction", CallKind::kSignalAction, true},
    {SYS_epoll_ctl, "epoll_ctl", CallKind::kEpollControl, true},
    {SYS_setsid, "setsid", CallKind::kSession, true},
    {SYS_setpgid, "setpgid", CallKind::kSession, true},
    {SYS_kill, "kill", CallKind::kKill, true},
    {SYS_clock_nanosleep, "clock_nanosleep", CallKind::kSleep, true},
    {SYS_nanosleep, "nanosleep", CallKind::kSleep, true},
    {SYS_rt_sigsuspend, "rt_sigsuspend", CallKind::kWaitForSignal, true},
    {SYS_rt_sigtimedwait, "rt_sigtimedwait", CallKind::kWaitForSignal, true},
    {SYS_wait4, "wait4", CallKind::kWaitForChild, true},
    {SYS_waitid, "waitid", CallKind::kWaitForChild, true},
    {SYS_ppoll, "ppoll", CallKind::kPoll, true},
    {SYS_pselect6, "pselect6", CallKind::kSelect, true},
    {SYS_epoll_pwait, "epoll_pwait", CallKind::kEpollWait, true},
    {SYS_write, "write", CallKind::kSend, false},
    {SYS_writev, "writev", CallKind::kSend, false},
    {SYS_sendfile, "sendfile", CallKind::kSend, false},
    {SYS_splice, "splice", CallKind::kSend, false},
    {SYS_read, "read", CallKind::kReceive, false},
    {SYS_readv, "readv", CallKind::kReceive, false},
    {SYS_close, "close", CallKind::kClose, false},
    {SYS_close_range, "close_range", CallKind::kCloseRange, false},
    {SYS_dup, "dup", CallKind::kDuplicate, false},
    {SYS_dup3, "dup3", CallKind::kDuplicate, false},
    {SYS_fcntl, "fcntl", CallKind::kControl, false},
    {SYS_ioctl, "ioctl", CallKind::kDeviceControl, false},
#ifdef SYS_poll
    {SYS_poll, "poll", CallKind::kPoll, true},
    {SYS_select, "select", CallKind::kSelect, true},
    {SYS_epoll_wait, "epoll_wait", CallKind::kEpollWait, true},
    {SYS_pause, "pause", CallKind::kWaitForSignal, true},
    {SYS_dup2, "dup2", CallKind::kDuplicate, false},
#endif
    {-1, nullptr, CallKind::kNone, false}};

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

const CallEntry* AllCalls() { return kCalls; }

bool FaultClassOf(CallKind kind, CallClass* result) {
  switch (kind) {
    case CallKind::kSocket: *result = CallClass::kSocket; return true;
    case CallKind::kBind: *result = CallClass::kBind; return true;
    case CallKind::kListen: *result = CallClass::kListen; return true;
    case CallKind::kAccept: *result = CallClass::kAccept; return true;
    case CallKind::kConnect: *result = CallClass::kConnect; return true;
    case CallKind::kSend: *result = CallClass::kSend; return true;
    case CallKind::kReceive: *result = CallClass::kReceive; return true;
    case CallKind::kClose: *result = CallClass::kClose; return true;
    default: return false;
  }
}

}  // namespace sockspec
