// HostProbe: what this host lets an ordinary process do, tried in children by the very calls that
// the sandbox makes.
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>

#include "harness/base/error.h"
#include "harness/base/owned_fd.h"
#include "harness/sandbox/degraded.h"
#include "harness/sandbox/init.h"
#include "harness/sandbox/mount_calls.h"
#include "harness/sandbox/namespaces.h"
#include "harness/sandbox/network.h"
#include "harness/sandbox/proc_settings.h"
#include "harness/sandbox/sandbox.h"

namespace sockspec {
namespace {

// How one attempt ended. Plain bytes: it comes through a pipe.
struct Attempt {
  bool made = false;
  bool ok = false;
  int error = 0;
  char call[120] = {};

  std::string Why() const {
    if (!made) return "the attempt was killed";
    return fmt::format("{}: {}", call, ErrnoName(error));
  }
};

template <typename Action>
Attempt Try(Action action) {
  Attempt attempt;
  attempt.made = true;
  try {
    action();
    attempt.ok = true;
  } catch (const std::system_error& error) {
    attempt.error = error.code().value();
    // what() is "CALL: text of the error"; the text is written anew, by the error's name.
    const std::string_view what = error.what();
    const std::string_view call = what.substr(0, what.rfind(": "));
    call.copy(attempt.call, sizeof attempt.call - 1);
  }
  return attempt;
}

// Runs `probe` in a child, which may be killed for it. Children are started together, since they
// spend most of their time in the kernel.
template <typename Result>
class Probe {
 public:
  explicit Probe(void (*probe)(Result&)) {
    int ends[2];
    CheckCall(pipe2(ends, O_CLOEXEC), "pipe2()");
    reader_ = OwnedFd(ends[0]);
    OwnedFd writer(ends[1]);
    child_ = CheckCall(fork(), "fork()");
    if (child_ != 0) return;
    Result result;
    probe(result);
    const ssize_t written = write(writer.get(), &result, sizeof result);
    _exit(written == sizeof result ? 0 : 1);
  }

  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  ~Probe() {
    while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR) continue;
  }

  // What the child has reported; a Result as it is constructed where it was killed before.
  Result Collect() const {
    Result result, reported;
    ssize_t size = -1;
    do {
      size = read(reader_.get(), &reported, sizeof reported);
    } while (size < 0 && errno == EINTR);
    if (size == static_cast<ssize_t>(sizeof reported)) result = reported;
    return result;
  }

 private:
  OwnedFd reader_;
  pid_t child_ = -1;
};

struct NamespaceResult {
  Attempt enter, settings, packets, overlay, proc;
};

void ProbeNamespaces(NamespaceResult& result) {
  OwnedFd proc(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  result.enter = Try([&] {
    UnshareNamespaces(proc.get());
    PrepareNetwork(proc.get(), {.first_unprivileged_port = 0}, {});
  });
  if (!result.enter.ok) return;
  result.settings =
      Try([&] { WriteProcFile(proc.get(), "sys/net/ipv4/ip_unprivileged_port_start", "0"); });
  result.packets = Try([] {
    OwnedFd(CheckCall(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), "socket(AF_PACKET)"));
  });
  OwnedFd tmpfs;
  result.enter = Try([&] {
    MakeEverythingReadOnly();
    tmpfs = NewTmpfs(1 << 20);
    AttachMount(tmpfs.get(), "/tmp");
    AttachMount(CloneMount(tmpfs.get(), "").get(), "/run");
  });
  if (!result.enter.ok) return;
  result.overlay = Try([&] {
    OwnedFd directories[3];
    for (int i = 0; i < 3; ++i) {
      const std::string name = std::to_string(i);
      CheckCall(mkdirat(tmpfs.get(), name.c_str(), 0755), "mkdir({})", name);
      directories[i] = OwnedFd(CheckCall(
          openat(tmpfs.get(), name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), "open({})", name));
    }
    const OwnedFd overlay =
        NewOverlay(directories[0].get(), directories[1].get(), directories[2].get());
    AttachMount(overlay.get(), "/run");
  });
  // A new /proc is refused for itself alone, or no process can be started there at all.
  pid_t init = 0;
  result.proc = Try([&] { init = StartInit(InitOptionsFor(true)); });
  if (init > 0) {
    kill(init, SIGKILL);
    ReapChildren();
  }
}

// The tracee of the ptrace probe: a filter that asks the tracer about getppid(), and one such call.
[[noreturn]] void BeTraced() {
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(1);
  if (raise(SIGSTOP) != 0) _exit(1);
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {static_cast<unsigned short>(std::size(code)), code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) _exit(2);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) _exit(2);
  syscall(SYS_getppid);
  _exit(0);
}

void ProbePtrace(Attempt& result) {
  result = Try([] {
    const pid_t tracee = CheckCall(fork(), "fork()");
    if (tracee == 0) BeTraced();
    int status = 0;
    CheckCall(waitpid(tracee, &status, WUNTRACED), "waitpid()");
    // A SIGSTOP without a tracer looks the same; the options are refused then.
    const bool traced = WIFSTOPPED(status) &&
                        ptrace(PTRACE_SETOPTIONS, tracee, nullptr,
                               PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL) == 0 &&
                        ptrace(PTRACE_CONT, tracee, nullptr, nullptr) == 0;
    if (!traced) {
      kill(tracee, SIGKILL);
      ReapChildren();
      ThrowSystemError(EPERM, "ptrace(PTRACE_TRACEME)");
    }
    CheckCall(waitpid(tracee, &status, 0), "waitpid()");
    const bool filtered = status >> 8 == (SIGTRAP | (PTRACE_EVENT_SECCOMP << 8));
    kill(tracee, SIGKILL);
    ReapChildren();
    if (!filtered) ThrowSystemError(EPERM, "seccomp(SECCOMP_RET_TRACE)");
  });
}

void ProbeSocketDiag(Attempt& result) {
  result = Try([] {
    OwnedFd netlink(CheckCall(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG),
                              "socket(AF_NETLINK, NETLINK_SOCK_DIAG)"));
    struct {
      nlmsghdr header;
      inet_diag_req_v2 request;
    } message = {};
    message.header = {.nlmsg_len = sizeof message,
                      .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP};
    message.request.sdiag_family = AF_INET;
    message.request.sdiag_protocol = IPPROTO_TCP;
    message.request.idiag_states = 1U << TCP_LISTEN;
    CheckCall(send(netlink.get(), &message, sizeof message, 0), "send(SOCK_DIAG_BY_FAMILY)");
    alignas(nlmsghdr) char answer[16384];
    CheckCall(recv(netlink.get(), answer, sizeof answer, 0), "recv(SOCK_DIAG_BY_FAMILY)");
    const auto* header = reinterpret_cast<const nlmsghdr*>(answer);
    if (header->nlmsg_type == NLMSG_ERROR) {
      const auto* error = static_cast<const nlmsgerr*>(NLMSG_DATA(header));
      ThrowSystemError(-error->error, "inet_diag");
    }
  });
}

void ProbeIpv6(Attempt& result) {
  result = Try([] {
    OwnedFd fd(CheckCall(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket(AF_INET6)"));
    sockaddr_in6 address = {};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    CheckCall(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), "bind(::1)");
  });
}

struct PlainResult {
  Attempt ptrace, diag, ipv6;
};

void ProbePlain(PlainResult& result) {
  ProbeSocketDiag(result.diag);
  ProbeIpv6(result.ipv6);
  ProbePtrace(result.ptrace);
}

bool InContainer() {
  return access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0;
}

// The likely reason why namespaces are refused, as what to do about it.
std::string NamespaceMend(int proc, const Attempt& attempt) {
  const auto setting = [proc](const char* name) {
    const std::string text = ReadProcFile(proc, std::string("sys/") + name);
    return text.substr(0, text.find('\n'));
  };
  if (setting("user/max_user_namespaces") == "0" || attempt.error == ENOSPC) {
    return "sysctl -w user.max_user_namespaces=15000";
  }
  if (setting("kernel/unprivileged_userns_clone") == "0") {
    return "sysctl -w kernel.unprivileged_userns_clone=1";
  }
  if (setting("kernel/apparmor_restrict_unprivileged_userns") == "1") {
    return "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu 24.04 and later), or "
           "an AppArmor profile for sockspec with the rule \"userns,\"";
  }
  if (InContainer()) {
    return "start the container with --security-opt seccomp=unconfined --security-opt "
           "apparmor=unconfined --security-opt systempaths=unconfined, or else with --cap-add "
           "SYS_ADMIN";
  }
  return "allow unprivileged user namespaces (Linux 5.12 or later, CONFIG_USER_NS), also in the "
         "seccomp filter that this process may run under";
}

std::string PtraceMend(int proc) {
  if (ReadProcFile(proc, "sys/kernel/yama/ptrace_scope").starts_with('3')) {
    return "kernel.yama.ptrace_scope is 3 and can be lowered by a restart only: set it to 2 or "
           "less in /etc/sysctl.d";
  }
  if (ReadProcFile(proc, "sys/kernel/yama/ptrace_scope").starts_with('2')) {
    return "sysctl -w kernel.yama.ptrace_scope=1";
  }
  if (InContainer()) {
    return "start the container with --cap-add SYS_PTRACE or --security-opt seccomp=unconfined";
  }
  return "allow ptrace and seccomp filters, and do not run sockspec itself under a tracer's filter";
}

struct Children {
  Probe<NamespaceResult> namespaces{ProbeNamespaces};
  Probe<PlainResult> plain{ProbePlain};
};

HostAbilities CollectFrom(const Children& children) {
  HostAbilities host;
  OwnedFd proc(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto tell = [&host](std::string_view what, const Attempt& attempt, std::string_view cost,
                            std::string_view mend) {
    host.missing.push_back(fmt::format("{} ({}). {} Mend: {}.", what, attempt.Why(), cost, mend));
  };

  const NamespaceResult namespaces = children.namespaces.Collect();
  host.user_namespaces = namespaces.enter.ok;
  if (!namespaces.enter.ok) {
    host.no_packets = "programs run without a network of their own";
  } else if (!namespaces.packets.ok) {
    host.no_packets = namespaces.packets.Why();
  }
  if (!host.user_namespaces) {
    tell("No user namespaces", namespaces.enter,
         "Programs run without a sandbox: in the real file system, on leased ports, and a scenario "
         "may see what another left.",
         NamespaceMend(proc.get(), namespaces.enter));
  } else {
    host.overlay = namespaces.overlay.ok;
    host.fresh_proc = namespaces.proc.ok;
    host.network_settings = namespaces.settings.ok;
    if (!host.overlay) {
      tell("No overlay in a user namespace", namespaces.overlay,
           "The working directory is copied for each scenario; above 64 MiB it is read-only.",
           "Linux 5.11 or later with the module overlay loaded (modprobe overlay)");
    }
    if (!host.fresh_proc) {
      tell("No new /proc", namespaces.proc,
           "Programs see the host's processes and not their own in /proc.",
           "in a container --security-opt systempaths=unconfined; elsewhere unmount what covers "
           "parts of /proc");
    }
    if (!host.network_settings) {
      tell("Network settings are read-only", namespaces.settings,
           "Programs cannot use ports below 1024, and the scenarios about such settings end in an "
           "error.",
           "in a container --security-opt systempaths=unconfined; elsewhere mount /proc writable");
    }
  }

  const PlainResult plain = children.plain.Collect();
  host.ptrace = plain.ptrace.ok;
  if (!host.ptrace) {
    tell("No tracing of system calls", plain.ptrace,
         "No evidence from the trace plane and no injected faults: what needs them is "
         "inconclusive.",
         PtraceMend(proc.get()));
  }
  host.socket_diag = plain.diag.ok;
  if (!host.socket_diag) {
    tell("No socket diagnostics", plain.diag,
         "Sockets are read from /proc/net, which tells less about backlogs and is slower.",
         "modprobe inet_diag tcp_diag udp_diag");
  }
  host.ipv6 = plain.ipv6.ok;
  if (!host.ipv6) {
    tell("No IPv6", plain.ipv6, "The transports tcp6, udp6 and icmp6 cannot be judged.",
         "sysctl -w net.ipv6.conf.all.disable_ipv6=0; a kernel started with ipv6.disable=1 needs a "
         "restart without it");
  }
  return host;
}

}  // namespace

HostProbe::HostProbe()
    : collect_([children = std::make_shared<const Children>()] { return CollectFrom(*children); }) {
}

HostAbilities ProbeHost() { return HostProbe().Collect(); }

}  // namespace sockspec
