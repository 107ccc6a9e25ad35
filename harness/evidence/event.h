// One observation on the timeline of a scenario.
//
// Events are plain values: whatever a check needs must be in them, since a stored record is judged
// again without the program. All processes, threads, sockets and connections are numbered in the
// order in which they appeared, so that two runs of one program can be compared.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/transport.h"

namespace sockspec {

enum class Plane { kHarness, kWire, kKernel, kTrace, kProcess, kFault };

enum class EventKind {
  // harness
  kStep,        // text: what the scenario does next, for readers of the timeline
  kReady,       // the server accepts; run
  kNotReady,    // text: why it never will
  kSettled,     // every thread waits for a cause from outside; text: the calls that they sleep in
  kAsleep,      // untraced: every thread sleeps, perhaps for a limited time. number 1: in spite of
                // what was expected of it; text: one of the calls that they sleep in
  kNotSettled,  // text: what kept it from settling (a spin, a flood), and on which connection
  kDeadline,    // text: the watchdog ended a wait; number: the processor time used, in %
  // wire: `connection` is the number of the harness's own connection
  kConnecting,     // address: remote
  kConnected,      // address: remote, local_address
  kConnectFailed,  // error
  kAccepted,       // a client under test connected to the harness; address: its own
  kSent,           // bytes; filler: number = how many, text = which (Peer::SendFiller)
  kSendFailed,     // error; of a datagram: address, local_address
  kReceived,       // bytes
  kHalfClosed,     // the harness sent its FIN (shutdown)
  kGotFin,         // the peer's end of stream was read
  kGotReset,       // error: ECONNRESET or EPIPE
  kClosed,         // the harness closed its end
  kAborted,        // the harness closed with a reset (SO_LINGER 0)
  // Datagrams of the harness; `connection` numbers its socket. local_address: its own name.
  kDatagramSent,      // bytes, address: where to
  kDatagramReceived,  // bytes, address: from whom; "unnamed" for a sender without a name (UNIX)
  kDatagramError,     // error: what an earlier one met (ICMP), address: where it was sent to
  // Packets of raw sockets: of the host that the harness plays. bytes: the whole packet, for
  // DescribePacket()
  kPacketSent,      // text: what is special about it
  kPacketReceived,  // by the program
  // kernel
  kSnapshot,  // snapshot
  // trace
  kCall,            // call
  kProcessStarted,  // process, parent; text: "fork", "vfork", "thread", "launch"; "seen" where the
                    // program is not traced
  kExecuted,        // text: the program; number: the sockets that it was left above descriptor 2
  kSignal,          // number: the signal delivered; text: who sent it where known
  // process
  kLaunched,      // text: the command line
  kOutput,        // stream 1 or 2 in `number`, bytes
  kExited,        // process 1 of the run: number = exit status, or error = 0 and signal in `signal`
  kProcessEnded,  // any other process of the program
  // fault
  kFault  // text: what was done to which call
};

// What a descriptor of the program under test is.
enum class SocketRole { kNone, kUnconnected, kListener, kConnection, kClient, kDatagram, kPair };

// A traced system call on a socket (or one that matters to sockets), decoded. A call on a negative
// descriptor, or on a number that was a socket of the same process before, is recorded where it
// fails with EBADF.
struct Call {
  std::string name;    // "accept4"
  int fd = -1;         // the descriptor it names; the result's for socket and accept is result
  int socket = -1;     // number of the open socket description; for accept and socket the new
                       // one when the call succeeded, and `on_socket` the listener
  int on_socket = -1;  // the socket called upon
  SocketRole role = SocketRole::kNone;  // of on_socket (of the new one for socket())
  int connection = -1;                  // the harness's connection at the other end, where known
  std::int64_t result = 0;              // as the program saw it; meaningless if error != 0
  int error = 0;                        // errno, 0 on success
  bool injected = false;        // the harness changed arguments or result, or sent a signal in it
  bool blocked = false;         // the thread slept in it
  bool non_blocking = false;    // on_socket had O_NONBLOCK
  bool edge_triggered = false;  // on_socket was in an epoll set with EPOLLET
  // arguments, as far as the call has them
  int family = -1, type = -1, protocol = -1;  // socket(); type without the flag bits
  int flags = 0;             // SOCK_CLOEXEC|SOCK_NONBLOCK of socket/accept4; MSG_* of send/recv;
                             // sa_flags of rt_sigaction; O_* of fcntl(F_SETFL) and open
  int number = -1;           // backlog of listen, how of shutdown, signal of kill and rt_sigaction,
                             // the command of fcntl
  std::int64_t length = -1;  // count asked for in read/write/send/recv
  std::int64_t bytes = -1;   // moved by sendmmsg and recvmmsg, whose result counts messages
  std::vector<std::int32_t> descriptors;  // passed in the message (SCM_RIGHTS), as the caller
                                          // numbers them
  std::string address;        // sockaddr of bind/connect/accept, and of a message where it has one:
                              // "127.0.0.1:13", "/tmp/s"; the path of open
  int address_length = -1;    // as passed by the program; -1 when no address was passed
  bool address_null = false;  // accept: the address pointer was NULL
  bool length_null = false;   // accept: the length pointer was NULL
  int returned_length = -1;   // accept, recvfrom, recvmsg: the value the kernel left there
  std::uint32_t flow_info = 0, scope_id = 0;  // sockaddr_in6
  std::string option;  // setsockopt, getsockopt: "SO_REUSEADDR", "IPV6_V6ONLY", "SO_LINGER" ...
  std::vector<std::int32_t> option_value;  // its ints (linger: onoff, seconds)
  std::int64_t target = 0;  // kill: the process addressed (0, -1, or a process number); -2: one
                            // that is none of the program's
};

// A row of the kernel's socket tables that belongs to the program or to its port.
struct SocketRow {
  std::string state;               // "LISTEN", "ESTABLISHED", "TIME_WAIT", "CLOSE_WAIT", ...
  std::string local, remote;       // printed addresses; UNIX: path
  std::int64_t receive_queue = 0;  // LISTEN: connections waiting
  std::int64_t send_queue = 0;     // LISTEN: backlog in force; -1: the kernel did not say
  bool owned = false;              // a process of the program holds it
  std::uint64_t inode = 0;         // 0: no longer held by any process
  std::optional<bool> v6_only;
  // Values in force on a socket that the program holds, read through a duplicate of its descriptor;
  // empty where it does not hold it, or the socket has no such option.
  std::optional<bool> reuse_address, reuse_port, non_blocking;
  std::optional<bool> accepting;       // SO_ACCEPTCONN
  std::optional<std::int64_t> linger;  // SO_LINGER in seconds; -1: off
  bool datagrams = false;              // of a datagram socket
  // Clients can reach the program by it: it listens, or it is a named datagram socket.
  bool IsEndpoint() const {
    return state == "LISTEN" || (datagrams && state == "UNCONNECTED" && !local.empty());
  }
};

// What the kernel said at one moment.
struct Snapshot {
  std::string label;  // "ready", "after exchanges", "after stop", ...
  std::vector<SocketRow> sockets;
  int descriptors = -1;  // of all processes of the program together
  int processes = -1;    // living
  int threads = -1;
  int zombies = -1;
  std::int64_t anonymous_memory = -1;  // RssAnon, bytes, summed
  std::int64_t cpu_ticks = -1;         // user and system time of the living, sysconf(_SC_CLK_TCK)
  std::string path_kind;             // UNIX: "socket", "file", "missing", ... of the path asked for
  int path_mode = -1;                // its permission bits
  std::int64_t abort_on_close = -1;  // TcpExt TCPAbortOnClose, since the scenario began
  std::int64_t abort_on_data = -1;   // TcpExt TCPAbortOnData
  std::int64_t listen_overflows = -1;  // TcpExt ListenOverflows
};

struct Event {
  std::int64_t at = 0;  // nanoseconds since the scenario began
  EventKind kind = EventKind::kStep;
  int run = 0;      // which launch of the program, from 0; -1: none
  int process = 0;  // from 1 in order of appearance; 0: the harness
  int thread = 0;   // likewise
  int connection = -1;
  int error = 0;
  int signal = 0;
  std::int64_t number = 0;
  std::string address, local_address;
  std::string text;
  std::string bytes;
  std::optional<Call> call;
  std::optional<Snapshot> snapshot;
};

Plane PlaneOf(EventKind kind);
std::string_view Name(Plane plane);
std::string_view Name(EventKind kind);  // "got-fin": as in records
std::optional<EventKind> ParseEventKind(std::string_view name);
std::string_view Name(SocketRole role);  // "listener"
std::optional<SocketRole> ParseSocketRole(std::string_view name);

// One line for people, without time and plane: `accept(listener) = connection 1`.
std::string Describe(const Event& event);

}  // namespace sockspec
