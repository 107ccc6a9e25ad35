// What a suite author writes scenarios with: SCENARIO, and the steps that a scenario may take.
//
// A scenario only drives and records; checks (check.h) judge the recorded evidence afterwards.
// Every step that waits ends by a cause: what it waits for, the program's end, or the program being
// settled (every thread asleep with nothing on its way). So no step needs a time, and a step that
// waited in vain simply returns: the timeline shows what was missing.
//
// A sweep is a scenario of many steps, each in a sandbox of its own: the n-th step aims its faults
// at the program's n-th call, until a step reaches none.
//
//   // A client that half-closes first still gets its reply.
//   SCENARIO(HalfCloseFirst, kServer, kStreams, "the client ends its side before it reads") {
//     Start();
//     Client client = Connect();
//     client.HalfClose();
//     client.ReadToEnd();
//   }
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/raw_packet.h"
#include "harness/base/transport.h"
#include "harness/manifest/manifest.h"
#include "harness/sandbox/sandbox.h"
#include "harness/trace/fault.h"

namespace sockspec {

class Testbed;
struct Snapshot;

// Where the program's standard output goes.
enum class OutputEnd {
  kRecorded,
  kFull,     // /dev/full: every write fails with ENOSPC
  kNull,     // /dev/null: nothing of it is recorded
  kNoReader  // a pipe that nobody reads any more: EPIPE and SIGPIPE
};

// What one launch of the program gets instead of the campaign's ordinary parameters.
struct LaunchOptions {
  std::optional<std::string> address;  // what {address} (server) or {host} (client) stands for
  std::optional<std::string> port;     // any text: "0", "65536", "12x"
  std::optional<std::string> path;
  std::optional<std::string> backlog;
  std::optional<std::string> transport;  // "appletalk": {transport} and {family}
  std::vector<Fault> faults;             // armed before the program's first instruction
  std::vector<int> closed;               // descriptors closed at the start, of 0, 1, 2
  OutputEnd output = OutputEnd::kRecorded;
  std::optional<int> umask;
  int first_free_descriptor = 3;  // all from 3 on before it are open already
  // Instead of the command's words from the first one that holds a placeholder on, or from the
  // option before it that would be left without its value.
  std::optional<std::vector<std::string>> arguments;
  bool without_raw_sockets = false;  // takes CAP_NET_RAW, which programs of raw transports have
};

enum class LaunchOutcome {
  kServing,  // a server that accepts; a client that is running
  kExited,   // it ended by itself
  kIdle      // settled without serving
};

struct ListenOptions {
  std::string address = {};  // default: the program's {host}
  std::string path = {};     // default: the program's {path}
  // The queue is full from the start: a connection over TCP gets no answer, one over UNIX waits.
  bool full_queue = false;
};

struct ConnectOptions {
  std::string address = {};        // default: the server's
  std::string local_address = {};  // default: the kernel's choice; UNIX: a path, default unnamed
  int receive_buffer = 0;          // SO_RCVBUF; 0: the kernel's choice
  // false: starts to connect and returns at once; the next step on the peer waits for the outcome.
  // While the kernel still tries, the program is not settled.
  bool wait = true;
};

// What is said of the packet that a client over raw sockets waits for.
inline constexpr std::string_view kTheReply = "the reply";

// The step that says why DestroyConnection() has left a connection alone that the program holds.
inline constexpr std::string_view kCannotDestroy =
    "the kernel does not end connections here (SOCK_DESTROY)";

// What a client sends first over datagrams, where its content does not matter.
inline constexpr std::string_view kRequest = "request\n";

// One datagram socket of the harness.
struct DatagramOptions {
  std::string address = {};  // where Send() goes to; default: the server's
  // Its own address. Default for UDP: one that is no 127.x, which some daemons leave unanswered,
  // where there is a network namespace; for UNIX: a path of its own.
  std::string local_address = {};
  int local_port = 0;      // 0: the kernel's choice
  bool connected = false;  // takes datagrams from `address` alone
  bool unnamed = false;    // UNIX: without a name, so that nobody can answer it
};

// Whether the harness's listener lets others bind to its port as well.
enum class Sharing { kNone, kReusePort };

// What Peer::SendFiller sends: the same bytes in every run.
enum class Filler { kLines, kNoise, kNuls, kOneLine };

// One of the harness's own connections, or one of its datagram sockets; a handle that may be
// copied. Every act is on the timeline. Over datagrams Send() sends one, Read() and ReadToEnd()
// wait for one (or word of an error, or settled), and nobody ends anything.
class Peer {
 public:
  Peer(Testbed* testbed, int number) : testbed_(testbed), number_(number) {}
  int number() const { return number_; }
  bool connected() const;  // connect() or accept() has succeeded
  bool ended() const;      // FIN or RST was read, or this end was closed
  const std::string& received() const;

  // Until all is sent, or the peer ended it, or it is settled. One record, where there are records.
  void Send(std::string_view bytes);
  void SendUrgent(std::string_view bytes);  // the same; TCP: the last byte is urgent (MSG_OOB)
  // Datagrams: sends to where the other one would, from a source that was not asked.
  void SendInsteadOf(const Peer& other, std::string_view bytes);
  // The same with so many bytes of filler; recorded as one kSent event without bytes, whose number
  // says how many went out.
  void SendFiller(std::int64_t bytes, Filler filler = Filler::kLines);
  // Reads meanwhile, until as many bytes have come back; for a server that sends as it receives.
  void SendWhileReading(std::string_view bytes);
  void HalfClose();              // shutdown(SHUT_WR): the FIN goes out, reading goes on
  void Close();                  // close(): FIN
  void Abort();                  // close() with SO_LINGER {1, 0}: RST
  void Read(std::size_t bytes);  // until that many more bytes, an end, or settled
  void ReadSome();               // until something has come, an end, or settled
  // Until FIN, RST, or settled. Of a service whose replies never end, 1 MiB.
  void ReadToEnd();

  // The service's exchange, round by round, as far as the server answers: all but the end.
  void Converse();
  // The end of it, as the service has it: a client that ends its side first, or none; reads to the
  // end, closes.
  void Finish();
  bool Answered() const;  // it was a whole one, by the service's definition

  // Client scenarios, of an accepted one: the harness's part of the service's ordinary exchange.
  // Says the reply and ends; or sends back what comes, or takes it, until the client's end.
  void Serve();

 private:
  Testbed* testbed_;
  int number_;
};
using Client = Peer;   // the harness connects to a server under test
using Session = Peer;  // the harness has accepted a client under test

class Scenario {
 public:
  virtual ~Scenario() = default;
  virtual void Drive() = 0;
  void Run(Testbed* testbed);  // Drive(), with `testbed` in force

 protected:
  // --- the program under test -------------------------------------------------------------------
  // Server: launches and waits until it accepts; where it never does, the scenario ends here.
  void Start(const LaunchOptions& options = {});
  // Launches and waits until it serves (a server), has exited, or is settled. A client returns
  // kServing as soon as it runs.
  LaunchOutcome Launch(const LaunchOptions& options = {});
  // To the program launched last. SIGSTOP and SIGCONT go to all of its processes; the step returns
  // when all have stopped or gone on.
  void Signal(int signal);
  void Interrupt();    // SIGINT to all of its processes, as Ctrl-C on a terminal
  void Stop();         // the manifest's stop signal; until it has ended or is settled
  void Kill();         // SIGKILL to all of it; until gone
  void WaitForExit();  // until it has exited, or is settled (it hangs)
  // Until settled: no thread will do anything more without a cause from outside. Timed waits are
  // ended as if their time had passed, until only a heartbeat is left.
  void Settle();
  // Until every thread sleeps, timed or not: it has taken what it was sent. Ends no timed wait.
  void SettleInWait();
  bool Running() const;  // the first process of the last launch has not exited
  // Kills what is left of the program and launches it afresh: it may have died of a fault, and the
  // next one is to find it whole. False: it does not serve.
  bool Relaunch();
  void Arm(const Fault& fault);  // counts calls from now on
  void DisarmFaults();
  // Whether a fault holds a thread now. A held one counts as asleep: settle first. Release() lets
  // all go on; the next step waits for what they do.
  bool HoldsAny() const;
  void Release();
  void LimitOpenFiles(bool exhausted);  // RLIMIT_NOFILE of the live program: at the lowest free
                                        // descriptor, or back to what it was

  // --- peers -----------------------------------------------------------------------------------
  // A client comes: connects, or over datagrams has sent kRequest.
  Client Connect(const ConnectOptions& options = {});
  // The ordinary exchange of the service: connects, converses, finishes. Over datagrams: one
  // request, one look for an answer.
  Client Exchange(const ConnectOptions& options = {});
  // A socket that sends datagrams to the server (or anywhere); nothing is sent yet.
  Client OpenDatagram(const DatagramOptions& options = {});
  // Client scenarios: the harness's server at the program's {host}:{port} or {path}; before
  // Launch(). Without it the endpoint refuses. It serves all later launches of the scenario.
  void Listen(const ListenOptions& options = {});
  // Until the program connects, or a datagram from a new source has come; a session that is not
  // connected() when it never does (it has ended or is settled). That one is no conversation, and
  // all its acts do nothing.
  Session Accept();
  bool HasPendingConnection();
  // Raw transports, after Listen(): until the program has sent a further message of ICMP or ICMPv6
  // to the host that it was given; nothing when it never does (it has ended or is settled).
  std::optional<RawPacket> AwaitPacket();
  // `what` is said of it on the timeline.
  void SendPacket(const RawPacket& packet, std::string_view what);
  // Sends kTheReply to each of the program's packets from now on, until it has ended or is settled.
  // One that asks as often as `most` goes on for ever: it is interrupted.
  void ReplyToAll(const std::function<RawPacket(const RawPacket&)>& reply, int most = 10);

  // --- the kernel, the machine ------------------------------------------------------------------
  // For checks; returned, so that the scenario can choose its next step.
  Snapshot TakeSnapshot(std::string_view label);
  void Step(std::string_view text);  // a line for the reader of the timeline
  // The harness itself listens where the server is to.
  void OccupyEndpoint(Sharing sharing = Sharing::kNone);
  // UNIX: puts "file", "stale-socket" or "forbidden-socket" (mode 0) at {path}.
  void WritePath(std::string_view kind);
  // UNIX: removes what a killed run has left at {path}, so that the next one starts afresh.
  void ClearPath();
  // TCP: the kernel ends the program's end of the connection, as when a device is taken away: its
  // calls fail with ECONNABORTED, and the peer is reset; a kFault event of that connection says so.
  // False: the program does not hold it (any more), or the kernel does not do that: kCannotDestroy.
  bool DestroyConnection(const Peer& peer);
  // Shifts the clock that the program reads; a kFault event, whose text has the word
  // clock, says so. Untraced: neither.
  void MoveClock(int seconds);

  // --- what this run is about --------------------------------------------------------------------
  // Of a sweep: 1, 2, 3 ... The faults of this step aim at the call with this number.
  int SweepStep() const;
  // This step is the last, though there may be further calls: those that were seen stand for them.
  void EndSweep();
  Transport transport() const;
  const std::string& service() const;
  const Service& definition() const;  // of that service
  const LaunchSpec& launch() const;   // the manifest's words for this program and transport
  int port() const;
  const std::string& path() const;
  const std::string& address() const;  // of the ordinary run
  std::string reply() const;  // client scenarios: a conforming reply of the service; empty where it
                              // is to what the client sends

 private:
  Testbed* testbed_ = nullptr;
};

// Where a scenario may run.
using Transports = std::vector<Transport>;
// With connections: bytes in order; unix-seqpacket keeps their records as well.
inline const Transports kStreams = {Transport::kTcp4, Transport::kTcp6, Transport::kUnixStream,
                                    Transport::kUnixSeqpacket};
inline const Transports kDatagrams = {Transport::kUdp4, Transport::kUdp6, Transport::kUnixDgram};
// Either; steps mean the same as far as they can (see Peer).
inline const Transports kAllTransports = {
    Transport::kTcp4, Transport::kTcp6, Transport::kUnixStream, Transport::kUnixSeqpacket,
    Transport::kUdp4, Transport::kUdp6, Transport::kUnixDgram};
inline const Transports kTcp = {Transport::kTcp4, Transport::kTcp6};
inline const Transports kRaw = {Transport::kIcmp4, Transport::kIcmp6};
inline const Transports kUdp = {Transport::kUdp4, Transport::kUdp6};
inline const Transports kInternet = {Transport::kTcp4, Transport::kTcp6, Transport::kUdp4,
                                     Transport::kUdp6};
inline const Transports kUnix = {Transport::kUnixStream, Transport::kUnixSeqpacket,
                                 Transport::kUnixDgram};
inline const Transports kUnixStreams = {Transport::kUnixStream, Transport::kUnixSeqpacket};
inline const Transports kUnixDatagrams = {Transport::kUnixDgram};
inline constexpr Role kServer = Role::kServer;
inline constexpr Role kClient = Role::kClient;

// What a scenario needs beside its steps; most need nothing.
struct ScenarioNeeds {
  int first_unprivileged_port = 0;
  std::vector<std::string> extra_addresses;  // on lo
  HostNames names;                     // of the program's resolver, which then knows no others
  std::vector<DeadRoute> dead_routes;  // destinations that no packet reaches
  int longest_queue = 0;               // what the kernel takes of any backlog, where it can be set
  bool v6_only_default = false;        // sysctl bindv6only
  bool silent_resolver = false;        // whoever asks for a name by DNS gets no answer
  bool little_send_buffer = false;     // over TCP the kernel takes 64 KiB of what nobody reads
  bool signal_actions = false;         // its checks ask EintrCanHappen()
  bool own_clock = false;              // the program's wall clock can be moved: MoveClock()
  bool long_run = false;               // takes many times as long as others: it is started first
  int sweep = 0;                       // of at most so many steps; more leave it inconclusive
  std::vector<std::string> services = {};  // that the scenario is about; empty: any
};
// Of clients that need no input, and of those that get an answer.
inline const std::vector<std::string> kServerFirst = {"daytime", "time", "chargen", "qotd"};
inline const std::vector<std::string> kReplying = {"daytime", "time", "echo", "chargen", "qotd"};

struct ScenarioInfo {
  std::string name;
  Role role = Role::kServer;
  Transports transports;
  std::string description;
  ScenarioNeeds needs;
  std::string file;
  int line = 0;
  std::function<std::unique_ptr<Scenario>()> make;
};

// All scenarios, in no particular order. GoogleTest's registry holds the checks; it cannot hold
// what runs before RUN_ALL_TESTS, so this list stands beside it.
const std::vector<ScenarioInfo>& Scenarios();
const ScenarioInfo* FindScenario(std::string_view name);
bool RegisterScenario(ScenarioInfo info);

// The path from the repository's root of a __FILE__.
std::string RepositoryPath(std::string_view file);

}  // namespace sockspec

// SCENARIO(Name, role, transports, description[, needs]) { steps }
#define SCENARIO(Name, role, transports, description, ...)                                         \
  class Name##Scenario : public ::sockspec::Scenario {                                             \
    void Drive() override;                                                                         \
  };                                                                                               \
  [[maybe_unused]] static const bool k##Name##Registered = ::sockspec::RegisterScenario(           \
      {#Name, role, transports, description, ::sockspec::ScenarioNeeds{__VA_ARGS__},               \
       ::sockspec::RepositoryPath(__FILE__), __LINE__,                                             \
       [] { return std::unique_ptr<::sockspec::Scenario>(std::make_unique<Name##Scenario>()); }}); \
  void Name##Scenario::Drive()
