// Faults as data: which call of the program under test goes which other way.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/evidence/event.h"

namespace sockspec {

// Families of system calls that a fault may aim at.
enum class CallClass {
  kSocket,
  kBind,
  kListen,
  kAccept,
  kConnect,
  kSend,
  kReceive,
  kClose,
  kWait,  // poll, select, epoll_wait, where they watch a socket; the role is that of one of them.
          // One that comes again with nothing done since is not counted again
  kFork,  // fork, vfork, clone where they make a process
  kTask,  // no call: a new thread or child (of fork, not vfork) before its first instruction
  // open() for reading between the program's first successful listen() and its first wait for a
  // client; files of data alone, such as a configuration: no code, no device, nothing of the system
  kOpen
};

enum class FaultAction {
  kErrno,    // the call does not happen; the program sees `error`. Rule F2: EAGAIN never where the
             // socket blocks or is watched edge-triggered
  kShorten,  // the call happens with its length cut to `length` bytes: the kernel really transfers
             // less
  kAfter,    // the call happens; the program sees `error` instead of its result
  kSignal,   // the call happens; signal `error` reaches the program while it is in it
  kHold      // the thread is held before the call, until Tracer::Release()
};

struct Fault {
  CallClass call = CallClass::kAccept;
  // Whose call: on a listener, an accepted connection, ... kNone: any socket.
  SocketRole role = SocketRole::kNone;
  int family = -1;      // socket() and what was made by it: AF_INET6 ...; -1: any
  int type = -1;        // socket() alone: SOCK_STREAM ...; -1: any
  int connection = -1;  // the harness's connection at the other end; -1: any
  int process = 0;      // by number, 1: the first one launched; 0: any
  int first = 1;        // from the n-th matching call (counted since the fault was armed) ...
  int count = 1;        // ... this many; -1: for ever
  FaultAction action = FaultAction::kErrno;
  int error = 0;
  std::int64_t length = 1;

  // For people: "ENOBUFS from the 1st send on connection 0".
  std::string Describe() const;
};

std::string_view Name(CallClass call);

}  // namespace sockspec
