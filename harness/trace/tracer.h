// The tracer: follows every process and thread of the program under test by ptrace and seccomp,
// turns its socket calls into events, and injects faults.
//
// Single-threaded: everything here must be called from the thread that launched the program, as the
// kernel takes ptrace requests from the attached tracer's thread alone. Never waits but for stops
// that are certain to come at once. The program itself is never changed beyond what faults ask for.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "harness/evidence/event.h"
#include "harness/trace/fault.h"
#include "harness/trace/process_model.h"
#include "harness/trace/program_watch.h"
#include "harness/trace/seccomp_filters.h"

namespace sockspec {

// Call::target of kill() for a process that is none of the program's.
inline constexpr std::int64_t kOutsideProgram = -2;

class Tracer : public ProgramWatch {
 public:
  // `proc_fd`: a descriptor on the /proc that knows the program by the ids this process sees.
  Tracer(int proc_fd, WatchHooks hooks);
  ~Tracer() override;
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // Takes over a program just launched, stopped at its exec (PTRACE_TRACEME), and lets it run.
  // With `own_clock` (and the filter for it) its wall clock can be moved: the vDSO, which would
  // tell the time without a system call, is hidden from it.
  void Adopt(pid_t pid, int run, bool own_clock) override;
  // From now on its wall clock says so many seconds more.
  void MoveClock(std::int64_t seconds) { clock_shift_ += seconds; }
  // Handles the stops that are there now, and returns how many: at most kMostStops, since a program
  // that spins has made its next stop by the time that the last one is handled.
  int HandleStops() override;

  void Arm(const Fault& fault);
  void Disarm();
  // Lets go on what kHold faults hold. A held thread counts as asleep.
  void Release();
  bool HoldsAny() const;
  // Calls that armed faults have hit, those of disarmed ones included.
  int faults_hit() const { return faults_hit_; }

  // --- state of the program
  // ------------------------------------------------------------------------
  bool AnyLiving() const override { return !threads_.empty(); }
  pid_t LaunchedPid(int run) const override;
  std::vector<pid_t> LivingProcesses() const override;
  // A thread sleeps in accept or in receive on the endpoint, or in a readiness wait that has it.
  enum class Readiness { kNotYet, kGoingToSleep, kReady };
  Readiness ServerReadiness() const;
  RestState StateOfRest() const override;
  bool OffTheProcessor() const override;
  // Ends the timed waits that would end first, as if their time had passed: calls with a time-out,
  // timerfds, alarms. True if there was one. A wait that is then repeated for the rest of its time
  // is left to pass: the program's clock told it.
  bool EndTimedWaits();
  // What the program did with its end of a connection, as far as its calls tell.
  struct Traffic {
    bool known = false;
    std::int64_t sent = 0;   // bytes
    bool shut_down = false;  // for writing
    bool closed = false;     // no process holds it any more
    bool sending = false;  // a thread is in a call that sends: part of its bytes may be on the way
  };
  Traffic TrafficOf(int connection) const;
  // Rule F5: this many failing calls by one thread, with no wait between, are a spin. Reading the
  // end of a stream again and again counts as failing.
  static constexpr int kSpin = 1000;
  bool Spins() const override;
  bool SpinsAlone() const override;
  void ForgetSpins() override;

  bool AllStopped() const override;
  void Signal(pid_t pid, int signal) override;
  // Ends what is left below the process that inherits orphans: the event of a fork is lost with a
  // parent that is killed in it, and the child then stands still for ever. Known ones are none.
  void EndStrays(pid_t reaper);

 private:
  struct TrackedTraffic {
    Traffic traffic;
    std::weak_ptr<OpenSocket> socket;
  };
  struct ArmedFault {
    Fault fault;
    int seen = 0;  // matching calls so far
  };

  void HandleStop(pid_t tid, int status);
  void OnNewThread(TracedThread* parent, int event);
  void OnExec(TracedThread* thread);
  void OnEnded(pid_t tid, int status);
  void OnSignal(TracedThread* thread, int signal);
  void OnEntry(TracedThread* thread);
  void OnExit(TracedThread* thread);
  // A call that is over, or whose result is known: what it changes, and the event.
  void NoteCall(TracedThread* thread, PendingCall* pending);
  void Resume(TracedThread* thread, int signal = 0);
  // The program wants to use other processors than the one that it shares with this process.
  void LeaveSharedProcessor();
  void Begin(TracedThread* thread);  // its first stop, before its first instruction

  std::shared_ptr<OpenSocket> NewSocket(const Call& call, int flags);
  // Whether it is the wait that the thread began last, and nobody has done anything since.
  bool ComesAgain(const TracedThread& thread, const Wait& wait) const;
  void BeginWait(TracedThread* thread, Wait* wait);
  void NoteEffect(TracedThread* thread, const PendingCall& pending);
  bool IsHeartbeat(const TracedThread& thread) const;
  bool KeepsHouse(const TracedThread& thread) const;
  bool AwaitsPeers() const;
  bool IsRuntimesOwn(const TracedThread& thread) const;
  bool IsHeartbeat(const SignalTimer& timer) const;
  bool IsComing(const SignalTimer& timer) const;
  // A thread of the process by its id inside the sandbox; 0: none.
  pid_t OuterThread(const TracedProcess& process, pid_t inner) const;
  // Nanoseconds on a clock that also goes on by the time that ended waits have left out.
  std::int64_t Now() const;
  void NoteBeat(SignalTimer* timer);
  // The timer of the process whose signal this is, and whether it is the kernel's own signal.
  SignalTimer* TimerOf(TracedProcess* process, const siginfo_t& info, bool* by_kernel);
  bool ConversationOpen(const TracedThread& thread) const;
  struct TimedWait;
  std::vector<TimedWait> TimedWaits();
  bool MustLast(const TracedThread& thread) const;
  bool End(const TimedWait& wait);
  void ApplyFaultAtEntry(TracedThread* thread, PendingCall* pending, bool* skipped);
  int MatchFault(const TracedThread& thread, const PendingCall& pending);
  int CountHit(std::size_t index);
  bool Aims(CallClass call) const;
  void HoldNewTask(TracedThread* thread);
  void Track(TracedThread* thread, PendingCall* pending);
  void TrackAccept(TracedThread* thread, PendingCall* pending);
  void TrackDescriptors(TracedThread* thread, PendingCall* pending);
  // Sockets on their way in messages: noted at the entry of the sending call, in flight at its
  // exit.
  void NotePassed(TracedProcess* process, PendingCall* pending);
  void PassOn(const PendingCall& pending);
  void TakeIn(TracedThread* thread, const Call& call);
  // A descriptor that the process has from elsewhere: a message, another process, its launch.
  void TakeDescriptor(TracedThread* thread, int fd);
  void TakeInherited(TracedThread* thread);  // of a program just launched
  std::shared_ptr<OpenSocket> KnownByInode(std::uint64_t inode);
  std::shared_ptr<OpenSocket> SocketFromOutside(const TracedProcess& process, int fd);
  // close() frees the number whatever it returns (close(2)). At its entry, not its exit: by then
  // another thread may have been given the number, and its exit may have been seen first.
  void ForgetDescriptor(TracedProcess* process, int fd);
  void TrackEpoll(TracedThread* thread, const PendingCall& pending);
  void AddSocketFilter(TracedThread* thread);
  void AddFilter(const TracedThread& thread, const SeccompProgram& program);
  // open() faults: where their time begins, where it ends, and what they may hit.
  void OnListening(TracedThread* thread);
  void NoteStage(const PendingCall& pending);
  bool IsPreparation(const Call& call) const;
  std::int64_t NumberOfProcess(std::int64_t inner) const;
  void NoteInterrupted(TracedThread* thread);
  // False when the call is one of so many that the timeline needs no more of them.
  bool CountFailures(TracedThread* thread, const PendingCall& pending);
  void Emit(TracedThread* thread, Event event);
  void EmitCall(TracedThread* thread, const PendingCall& pending);
  bool Asleep(const TracedThread& thread) const;
  bool OffProcessor(const TracedThread& thread) const;
  TracedThread* Find(pid_t tid);
  TracedThread* AddThread(pid_t tid, TracedProcess* process);
  TracedProcess* AddProcess(pid_t pid, int run);

  int proc_fd_;
  WatchHooks hooks_;
  std::map<pid_t, std::unique_ptr<TracedThread>> threads_;
  std::map<pid_t, std::unique_ptr<TracedProcess>> processes_;
  std::map<pid_t, int> early_stops_;  // children whose first stop came before their parent's event
  std::map<int, TrackedTraffic> traffic_;  // by connection
  std::vector<ArmedFault> faults_;
  int faults_hit_ = 0;
  std::int64_t looks_ = 0;                // HandleStops() was called
  std::set<pid_t> suppress_stop_signal_;  // threads sent a SIGSTOP by EndTimedWaits
  std::map<pid_t, int> failing_in_a_row_;
  std::map<pid_t, int> numbers_;  // inner pid -> number, of ended processes too: a zombie may
                                  // still be sent a signal
  std::int64_t activity_ = 0;     // counts whatever threads do besides waiting
  bool listens_ = false, awaited_clients_ = false;  // in the latest run
  bool starts_ = false;        // it has not yet turned to anybody on the other side of a socket
  std::int64_t left_out_ = 0;  // nanoseconds of waits that were ended early
  std::map<std::uint64_t, std::shared_ptr<OpenSocket>> in_flight_;  // by inode: in messages that
                                                                    // nobody has taken yet
  bool own_clock_ = false;
  std::int64_t clock_shift_ = 0;  // seconds
  int next_process_ = 1, next_thread_ = 1, next_socket_ = 1;
};

}  // namespace sockspec
