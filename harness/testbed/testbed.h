// The engine behind Scenario: one program, its peers, the kernel and the timeline in one worker.
//
// Suite authors see scenario.h; this is what carries its steps out.
#pragma once

#include <sys/types.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/base/owned_fd.h"
#include "harness/evidence/timeline.h"
#include "harness/kernel/counters.h"
#include "harness/kernel/socket_table.h"
#include "harness/manifest/expected_reply.h"
#include "harness/peer/datagram_socket.h"
#include "harness/peer/loopback_flush.h"
#include "harness/peer/raw_peer.h"
#include "harness/peer/stream_listener.h"
#include "harness/peer/stream_peer.h"
#include "harness/testbed/drive.h"
#include "harness/testbed/event_loop.h"
#include "harness/testbed/packet_capture.h"
#include "harness/trace/tracer.h"
#include "harness/trace/untraced_program.h"

namespace sockspec {

// Ends a scenario early; the timeline says why.
struct ScenarioEnded : std::runtime_error {
  ScenarioEnded(DriveEnd end_as, const std::string& why) : std::runtime_error(why), end(end_as) {}
  DriveEnd end;
};

// Where the harness's UDP clients send from, if they have a network namespace: an address on lo,
// but not in 127.0.0.0/8, to which daemons that know of reply loops give no answer.
std::string DatagramClientAddress(Transport transport);

struct ScenarioNeeds;

class Testbed {
 public:
  Testbed(const Manifest& manifest, const Subject& subject, const DriveOptions& options,
          const Sandbox& sandbox, const ScenarioNeeds& needs, Timeline* timeline);
  ~Testbed();
  Testbed(const Testbed&) = delete;
  Testbed& operator=(const Testbed&) = delete;
  // The scenario's turn has come: here its time begins.
  void Begin();

  const Subject& subject() const { return subject_; }

  // --- testbed_program.cc ------------------------------------------------------------------------
  void Start(const LaunchOptions& options);
  LaunchOutcome Launch(const LaunchOptions& options);
  void Signal(int signal);
  void Interrupt();
  void Stop();
  void Kill();
  void WaitForExit();
  void Settle();
  void SettleInWait();
  bool Running() const;
  bool Relaunch();

  // --- testbed_faults.cc -------------------------------------------------------------------------
  void Arm(const Fault& fault) { NeedTracer().Arm(fault); }
  void DisarmFaults() { NeedTracer().Disarm(); }
  void EndSweep() { sweep_ended_ = true; }
  // A fault has hit a call, so that a sweep has a next step.
  bool GoesOn() const { return tracer_ != nullptr && tracer_->faults_hit() > 0 && !sweep_ended_; }
  bool HoldsAny() { return NeedTracer().HoldsAny(); }
  void Release() { NeedTracer().Release(); }
  void LimitOpenFiles(bool exhausted);
  void MoveClock(int seconds);
  bool DestroyConnection(int number);

  // --- testbed_peers.cc --------------------------------------------------------------------------
  int Connect(const ConnectOptions& options);
  void Listen(const ListenOptions& options);
  int Accept();
  bool HasPendingConnection() const;
  void OccupyEndpoint(Sharing sharing);
  void HalfClose(int number);
  void Close(int number);
  void Abort(int number);
  // Of a datagram socket: nobody can refuse it, nor end it.
  bool Connected(int number) const;
  bool Ended(int number) const;
  const std::string& Received(int number) const;

  // --- testbed_transfers.cc ----------------------------------------------------------------------
  void Send(int number, std::string_view bytes);
  void SendUrgent(int number, std::string_view bytes);
  void SendFiller(int number, std::int64_t bytes, Filler filler);
  void Read(int number, std::size_t bytes);
  void ReadSome(int number);
  // Reads while `wanted`, which gets what this call has read, says how many bytes more at most.
  void ReadWhile(int number, const std::function<std::size_t(std::string_view)>& wanted);

  // --- testbed_service.cc ------------------------------------------------------------------------
  void ReadToEnd(int number);
  void Converse(int number);
  void SendWhileReading(int number, std::string_view bytes);
  void Finish(int number);
  void Serve(int number);
  bool Answered(int number) const;

  // --- testbed_datagrams.cc ----------------------------------------------------------------------
  int OpenDatagram(const DatagramOptions& options);
  // `towards`: the number of the one whose other end is meant.
  void SendDatagram(int number, int towards, std::string_view bytes);
  void ReceiveDatagram(int number);
  void CloseDatagram(int number);

  // --- testbed_raw.cc ----------------------------------------------------------------------------
  std::optional<RawPacket> AwaitPacket();
  void SendPacket(const RawPacket& packet, std::string_view what);

  // --- testbed_kernel.cc -------------------------------------------------------------------------
  Snapshot TakeSnapshot(std::string_view label);
  void WritePath(std::string_view kind);
  void ClearPath();

  void Step(std::string_view text);
  // After it no packets are captured; returns how many are missing among those until now.
  std::int64_t EndCapture();
  // Milliseconds spent until the first launch was ready.
  double ready_ms() const { return ready_ms_; }

 private:
  enum class Waited {
    kHappened,
    kSettled,
    kAsleep,  // untraced: every thread sleeps, perhaps for a limited time
    kSpins,
    kFloods,
    kProgramGone
  };
  enum class Patience {
    kUntilServing,   // it may still be starting: give up only when it sleeps for good or spins
    kUntilIdle,      // give up when all threads sleep, timed or not, or when one spins; so does any
                     // other while a fault holds a thread
    kUntilAnswered,  // give up when settled or spinning; timed waits are ended as if their time had
                     // passed
    kUntilSettled    // the same, or when a thread spins
  };
  struct PeerRecord {
    StreamPeer peer;
    int run = -1;
    bool was_connected = false;
    bool end_seen = false;  // FIN or RST is on the timeline
    bool fin_seen = false;
    bool flood_told = false;
    std::string received;
    std::size_t sent = 0;  // bytes
  };
  struct DatagramRecord {
    std::optional<DatagramSocket> socket;  // empty: of a session, which goes by the server's socket
    std::optional<SocketAddress> remote;   // where it sends to
    int run = -1;
    std::deque<int> arrivals;  // events on the timeline that nobody has waited for yet
    std::string received;
    std::size_t sent = 0;  // bytes
    bool closed = false;
  };
  struct Output {
    OwnedFd fd;
    std::int64_t total = 0, kept = 0;  // bytes
    bool cut = false;
  };

  int Record(Event event);
  // The tracer; where the program is not traced the scenario ends here, not observable.
  Tracer& NeedTracer();
  // Waits until `happened` (empty: for rest alone), or until the program will not do anything more.
  // `expected` says that something is on its way from the kernel although the program sleeps.
  Waited Wait(const std::function<bool()>& happened, Patience patience,
              const std::function<bool()>& expected = {});
  Look LookAround(const std::function<bool()>& happened, Patience patience,
                  const std::function<bool()>& expected, Waited* outcome);
  double ProcessorSeconds() const;  // of all processes of the program
  // Brings in what is still on its way over loopback. False: nothing can be.
  bool BringIn();
  // Untraced, all threads asleep, perhaps for a limited time: whether to go on waiting for more.
  bool IsPatient(bool awaits_more, Patience patience) const;
  enum class Awaited { kRest, kMore };
  void RecordRest(Waited waited, Awaited awaited = Awaited::kMore);

  Placeholders PlaceholdersFor(const LaunchOptions& options) const;
  std::vector<std::string> EnvironmentFor(const LaunchSpec& spec, const Placeholders& values) const;
  // --- testbed_stdio.cc
  void OpenPipes(const LaunchOptions& options, const Placeholders& values, OwnedFd ends[3]);
  void GiveInput();  // the manifest's text, and then the end
  void ReadOutput(int stream);
  void DrainOutput();
  // A client has printed more than any scenario sends.
  bool FloodsOutput() const;
  // Bytes that no conversation comes to.
  static constexpr std::size_t kFlood = 1 << 20;
  // The program has sent more there than any conversation comes to; no more of it is read.
  bool Floods(int number) const;
  void NoteFlood(int number);  // once
  void RecordFlood(int number, std::size_t received);
  pid_t ProgramToSignal(bool listener) const;
  // It accepts clients; untraced: it holds a listening socket.
  bool IsReady();

  SocketAddress ServerAddress(const std::string& address) const;
  int ConnectionOf(pid_t pid, int fd, const std::string& peer);
  int AddPeer(StreamPeer peer);
  // Records the outcome of a connect that was begun; with `wait`, once there is one.
  void FinishConnect(int number, bool wait);
  // A listener at the program's port has as many connections waiting as it takes.
  bool QueueIsFull();
  // The program's end of that connection over TCP, while it is there.
  std::optional<InetSocket> ProgramEnd(int number);
  // What the kernel still has on its way between the program and that peer.
  bool KernelBringsMore(int number);
  // The kernel will free room for what is sent to the program there, which has read all of it.
  bool RoomIsComing(int number);
  void RecordEnd(int number);
  void RecordSent(int number, Event event, std::size_t sent);
  bool UsesDatagrams() const;
  // Over a network, and no connections: the kernel tells of none that is on its way.
  bool SendsPackets() const { return IsUdp(subject_.transport) || IsRaw(subject_.transport); }
  int AddDatagramSocket(DatagramSocket socket, const std::optional<SocketAddress>& remote);
  // The number under which what has come from there is known; a new one for a new source.
  int SessionWith(const SocketAddress& remote);
  std::optional<SocketAddress> OwnDatagramAddress(Transport transport,
                                                  const DatagramOptions& options) const;
  DatagramSocket& SocketOf(int number);
  // Puts all that has come on the timeline; the server's socket: under its sessions.
  void TakeDatagrams(DatagramSocket& socket, std::optional<int> number);
  void ListenForDatagrams(const SocketAddress& address);
  int AcceptDatagram();
  enum class Urgency { kNone, kLastByte };
  void ListenForPackets();
  void TakePackets();  // puts all that has come on the timeline
  std::size_t SendAll(int number, const std::function<std::string_view(std::size_t)>& rest,
                      Urgency urgency = Urgency::kNone);
  bool ReadOnce(int number, std::size_t most);
  bool MoreIsComing(int number);
  void AddPeersInTimeWait(Snapshot& snapshot);
  // The server's; of a client of datagrams its own.
  std::string PathToLookAt() const;
  int CountZombieChildren(const std::vector<pid_t>& pids) const;
  // A descriptor of the program by which it holds a socket.
  struct Holder {
    pid_t pid = 0;
    int fd = -1;
  };
  // By the sockets' inodes. *count: all descriptors, of other things too.
  std::map<std::uint64_t, Holder> SocketsHeld(const std::vector<pid_t>& pids, int* count) const;
  // Fills in what is in force on the socket.
  static void AddOptions(const Holder& holder, SocketRow* row);

  const Manifest& manifest_;
  const Subject& subject_;
  const ExpectedReply expected_reply_;
  const LaunchSpec& spec_;
  const DriveOptions& options_;
  const Sandbox& sandbox_;
  const bool signal_actions_;
  const bool own_clock_;
  Timeline* timeline_;
  std::int64_t began_ = 0;
  EventLoop loop_;
  SocketTable sockets_;
  TcpCounters first_counters_{0, 0, 0};
  std::unique_ptr<ProgramWatch> watch_;
  Tracer* tracer_ = nullptr;  // the same, where it is a tracer
  std::int64_t wait_began_ = 0;
  bool sweep_ended_ = false;
  int run_ = -1;
  double ready_ms_ = 0;
  std::string now_listening_;  // the address of the latest launch
  int now_port_ = 0;
  std::string now_path_;
  std::optional<StreamListener> listener_;   // the harness's own
  std::string listening_at_;                 // its address, where it is to serve a client
  std::optional<StreamPeer> in_queue_;       // what fills its queue
  std::map<int, PeerRecord> peers_;          // by connection
  std::map<int, DatagramRecord> datagrams_;  // likewise
  std::optional<DatagramSocket> datagram_server_;
  std::deque<int> waiting_sessions_;  // of it, not yet asked for
  std::optional<RawPeer> raw_peer_;
  std::deque<RawPacket> packets_;  // of the program, not yet asked for
  int next_connection_ = 0;
  std::optional<LoopbackFlush> flush_;  // where packets on their way are to be brought in
  std::optional<PacketCapture> capture_;
  std::int64_t stops_ = 0;                 // of the program, until now
  std::int64_t flushed_at_ = -1;           // its stops when all had arrived
  std::optional<int> flooded_run_;         // a run whose program sends datagrams without end
  std::map<int, int> connection_by_port_;  // local port of the harness -> connection
  std::vector<int> waiting_unix_;          // connected over UNIX, not yet accepted
  int client_connects_ = 0;                // of the program, to the harness's listener
  OwnedFd input_;                          // the program's standard input, our end
  bool input_is_due_ = false;
  std::string input_text_;
  Output outputs_[3];  // [1], [2]
  std::optional<std::string> deadline_;
  std::map<pid_t, std::uint64_t> file_limits_;
};

}  // namespace sockspec
