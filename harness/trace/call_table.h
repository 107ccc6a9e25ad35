// The system calls that the tracer follows, and of which kind each is.
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/trace/fault.h"

namespace sockspec {

// How a call concerns sockets; decides how it is decoded.
enum class CallKind {
  kNone,
  kSocket,
  kSocketPair,
  kBind,
  kListen,
  kAccept,
  kConnect,
  kSend,     // write, writev, pwritev2, sendto, sendmsg, sendmmsg, sendfile, splice to a socket
  kReceive,  // read, readv, preadv2, recvfrom, recvmsg, recvmmsg, splice from a socket
  kShutdown,
  kSetOption,
  kGetOption,
  kClose,
  kCloseRange,
  kDuplicate,      // dup, dup2, dup3
  kTake,           // pidfd_getfd
  kControl,        // fcntl
  kDeviceControl,  // ioctl
  kPoll,           // poll, ppoll
  kSelect,         // select, pselect6
  kEpollWait,
  kEpollControl,
  kEpollCreate,
  kTimerCreate,    // timerfd_create
  kSignalTimer,    // alarm, setitimer, timer_create, timer_settime, timer_delete
  kSleep,          // nanosleep, clock_nanosleep
  kWaitForSignal,  // pause, rt_sigsuspend, rt_sigtimedwait
  kWaitForChild,   // wait4, waitid
  kRestart,        // restart_syscall: the kernel goes on with a wait that a signal interrupted
  kFutexWait,      // futex, its waiting operations alone
  kSignalAction,   // rt_sigaction
  kSession,        // setsid, setpgid
  kAffinity,       // sched_getaffinity, sched_setaffinity: which processors it may use
  kClock,          // clock_gettime, gettimeofday, time: followed only where the clock is moved
  kKill,           // kill
  kFork,           // fork, vfork, clone, clone3
  kOpen            // open, openat, openat2: followed only where a fault aims at them
};

enum class FollowedFrom { kStart, kFirstSocket, kSignalActions, kOwnClock, kListenWithFaults };

struct CallEntry {
  int number;
  const char* name;
  CallKind kind;
  FollowedFrom from;
};

// nullptr for a call that is not followed.
const CallEntry* FindCall(std::uint64_t number);
// splice() where it is the end read from that is a socket.
const CallEntry* SpliceFromSocket();
// All followed calls; ends with an entry whose name is nullptr.
const CallEntry* AllCalls();

// The fault class of a kind; false where no fault aims at it.
bool FaultClassOf(CallKind kind, CallClass* result);

}  // namespace sockspec
