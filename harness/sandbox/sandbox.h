// The sandbox: one worker process's own namespaces, mounts, limits and tiny init.
//
// A worker (single-threaded, forked from the coordinator) calls Sandbox::Enter once and is then in
// new user, network, mount, IPC and UTS namespaces, while its *children* live in a new pid
// namespace, whose pid 1 is a tiny init of ours. The worker itself stays outside that pid
// namespace, so that neither kill(-1) nor ptrace from inside reaches it. When init ends, everything
// inside ends, daemons included.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/owned_fd.h"

namespace sockspec {

// What this host lets an ordinary process do. Probed once by the coordinator (each probe in a
// child).
struct HostAbilities {
  bool user_namespaces = false;  // together with net, pid, mount, ipc, uts
  bool fresh_proc = false;       // a new /proc may be mounted there
  bool overlay = false;          // overlayfs in a user namespace
  bool ptrace = false;           // PTRACE_TRACEME and a seccomp filter with RET_TRACE
  bool socket_diag = false;      // NETLINK_SOCK_DIAG for inet sockets
  bool ipv6 = false;             // ::1 can be bound
  bool network_settings =
      false;  // /proc/sys/net can be written in a network namespace of one's own
  // Why a sandbox's packets cannot be captured: "socket(AF_PACKET): EPERM"; "" where they can.
  std::string no_packets;
  std::vector<std::string> missing;  // for people: what failed, what it costs, the mend
};

// Finds that out in children, which are started when it is constructed, and awaited when it is
// destroyed: namespaces take longer to go than the probe takes.
class HostProbe {
 public:
  HostProbe();
  HostProbe(const HostProbe&) = delete;
  HostProbe& operator=(const HostProbe&) = delete;
  // Waits until all is known. Call it once.
  HostAbilities Collect() const { return collect_(); }

 private:
  std::function<HostAbilities()> collect_;  // owns the children
};
HostAbilities ProbeHost();  // where its time does not matter

// Names that the program's resolver knows besides localhost, each with its addresses in the order
// in which getaddrinfo() gives them: {"two.test", {"::1", "127.0.0.1"}}.
using HostNames = std::map<std::string, std::vector<std::string>>;

// A destination that no packet reaches.
struct DeadRoute {
  enum class End {
    kUnreachable,  // EHOSTUNREACH at once
    kSilent        // nothing comes back: a connect() goes unanswered, a datagram is lost
  };
  std::string destination;  // "198.51.100.0/24", "2001:db8:1::/48"; what has no route at all gives
                            // ENETUNREACH
  End end = End::kSilent;
  int type_of_service = 0;  // of IPv4 packets: only those that have it take this route
};

// The files of the folder `files` are seen at `at`: as build commands have left them. Empty: none.
struct StandIn {
  std::string at, files;
  // Where the host has what the sandbox shows at `path`.
  std::string OnHost(const std::string& path) const;
};

struct SandboxOptions {
  std::string directory;              // working directory: writable overlay (or copy), private
  std::vector<std::string> readable;  // stay visible though below /tmp, /run or the home; absolute
  std::string home;                   // the user's real home: hidden; "" where unknown
  StandIn stand_in;
  bool keep_writes = false;         // what is written into `directory` goes to the stand-in's files
  int first_unprivileged_port = 0;  // sysctl ip_unprivileged_port_start
  int longest_queue = 0;            // sysctl somaxconn: bounds every backlog; 0: the kernel's
  bool v6_only_default = false;     // sysctl bindv6only
  bool ipv6_disabled = false;       // sysctl disable_ipv6
  bool no_echo_over_ipv6 = false;   // sysctl icmp/echo_ignore_all
  // At most so much of what is sent over TCP waits in the kernel (tcp_wmem); 0: the kernel's
  // choice.
  int send_buffer = 0;
  std::vector<std::string> extra_addresses;  // on lo, "192.0.2.7/32", "fe80::1/64"
  std::vector<DeadRoute> dead_routes;
  // Not empty: /etc/hosts and the resolver's other files are ours, the host's cannot be asked, and
  // name servers are looked for on 127.0.0.1.
  HostNames names;
  std::int64_t tmpfs_bytes = 256 << 20;  // limit of all that is private and writable, together
  pid_t parent = 0;                      // the coordinator; ESRCH where it has died; 0: any
};

// CAP_NET_RAW of the program under test.
enum class RawSockets {
  kNever,
  kWithheld,  // not held; but a file that carries it (ping) can be executed, and gets none
  kAllowed    // held by all that it executes
};

// Limits and rights of the program under test, applied in its process between fork and exec.
//
// RLIMIT_NPROC counts the processes of one user in the sandbox's user namespace, the worker and
// init among them (Linux 5.14; before, all of the user's). It does not bind the host's root: for
// him the sandbox lowers pid_max instead (Linux 6.14), and on older kernels nothing limits
// processes.
struct Confinement {
  std::int64_t processes = 256;
  std::int64_t memory = 0;  // RLIMIT_AS bytes; 0: unlimited (Go and Java reserve much)
  std::int64_t file_size = 64 << 20;
  std::int64_t open_files = 1024;
  RawSockets raw_sockets = RawSockets::kNever;
};

class Sandbox {
 public:
  // Enters the sandbox. Throws std::system_error (naming the call) where the host refuses; the
  // caller has consulted a HostProbe first. Without abilities.user_namespaces the sandbox is
  // degraded: no namespaces, a private temporary directory, children in a session of their own and
  // a subreaper, isolated() == false.
  //
  // Inside, the whole file system is read-only, /dev holds the six usual devices and nothing else,
  // /tmp, /run, /var/tmp, /dev/shm and the home are private and empty. The directory keeps its path
  // and is an overlay; it is a copy where overlays are not to be had or where files have other
  // owners (up to 64 MiB); it stays read-only where neither can be done, and where it contains one
  // of the private places, as / does. File systems mounted inside it are not in the overlay.
  // Degraded, the program works in the directory itself and its writes stay.
  //
  // The worker is single-threaded, has no children, dies with its parent (PR_SET_PDEATHSIG) and
  // works in `directory` from here on. When Enter has thrown it must end: it may be halfway inside.
  static Sandbox Enter(const SandboxOptions& options, const HostAbilities& abilities);
  Sandbox(Sandbox&&) noexcept;
  Sandbox& operator=(Sandbox&&) = delete;
  ~Sandbox();  // End()

  // Kills init and with it every process inside, and waits until all are gone. In degraded mode
  // kills every descendant of the worker. Reaps all children of the worker, traced ones included:
  // an exit status that is wanted must have been waited for before. Idempotent; does nothing in a
  // forked copy of the worker.
  void End();

  bool isolated() const { return isolated_; }
  // A descriptor on the /proc of the worker's own pid namespace: openat(proc_fd(), "PID/stat") with
  // the process ids that fork() and waitpid() of the worker speak of. Valid until destruction.
  int proc_fd() const { return proc_.get(); }
  pid_t init_pid() const { return init_; }  // as the worker sees it; 0 in degraded mode

  // Paths for the program: its private HOME and TMPDIR, as seen inside.
  const std::string& home() const { return home_; }
  const std::string& tmp() const { return tmp_; }
  const std::string& directory() const { return directory_; }
  // False where the program under test cannot write in its working directory.
  bool directory_writable() const { return directory_writable_; }

 private:
  Sandbox() = default;
  void EnterNamespaces(const SandboxOptions& options, const HostAbilities& abilities);
  void EnterDegraded(const SandboxOptions& options);

  bool isolated_ = false;
  bool directory_writable_ = false;
  pid_t owner_ = 0;  // the worker; 0 once ended
  OwnedFd proc_;
  pid_t init_ = 0;
  std::string home_, tmp_, directory_;
  std::string scratch_;  // degraded mode: removed by End()
};

// Takes every other capability (bounding and ambient sets too) and sets no_new_privs and the
// limits, the parent-death signal SIGKILL and a session of its own. Async-signal-safe: called
// between vfork and exec. Returns 0 or the errno of what failed.
int ConfineSelf(const Confinement& confinement) noexcept;
// The longest part of that, which holds for whatever this process starts from now on: no capability
// but CAP_NET_RAW is left in the bounding set. Its own stay. Returns 0 or an errno.
int DropFromBoundingSet() noexcept;

}  // namespace sockspec
