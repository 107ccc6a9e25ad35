// Tests of the sandbox: rights, limits, processes, network, and that nothing outlives its end.
#include "harness/sandbox/sandbox.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

#include <filesystem>
#include <string>

#include "harness/base/owned_directory.h"
#include "harness/sandbox/init.h"
#include "harness/sandbox/sandbox_testing.h"

namespace sockspec {
namespace {

using ::sockspec::testing::Confined;
using ::sockspec::testing::Host;
using ::sockspec::testing::InChild;
using ::sockspec::testing::InSandbox;
using ::sockspec::testing::IsolatedSandbox;
using ::sockspec::testing::NewPipe;
using ::sockspec::testing::Pipe;
using ::sockspec::testing::ReadAll;
using ::sockspec::testing::ScratchDirectory;
using ::sockspec::testing::Shell;
using ::sockspec::testing::WriteText;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// "ok", or the name of the error of bind() to address and port.
std::string Bind(const std::string& address, int port) {
  sockaddr_in v4 = {};
  sockaddr_in6 v6 = {};
  const bool is_v4 = inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1;
  if (!is_v4) inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr);
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  v4.sin_port = v6.sin6_port = htons(static_cast<std::uint16_t>(port));
  OwnedFd fd(socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM, 0));
  const int result = is_v4 ? bind(fd.get(), reinterpret_cast<sockaddr*>(&v4), sizeof v4)
                           : bind(fd.get(), reinterpret_cast<sockaddr*>(&v6), sizeof v6);
  return result == 0 ? "ok" : ErrnoName(errno);
}

TEST_F(IsolatedSandbox, ProgramHasNoCapability) {
  EXPECT_EQ(Run("grep -E '^(Cap|NoNew)' /proc/self/status | tr '\\t' ' '"),
            "CapInh: 0000000000000000\nCapPrm: 0000000000000000\nCapEff: 0000000000000000\n"
            "CapBnd: 0000000000000000\nCapAmb: 0000000000000000\nNoNewPrivs: 1\n");
}

TEST_F(IsolatedSandbox, RawSocketsOnlyWhereAllowed) {
  const auto raw = [](const Confinement& confinement) {
    return Confined(
        [] {
          OwnedFd fd(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
          return fd.empty() ? ErrnoName(errno) : "ok";
        },
        confinement);
  };
  const Confinement withheld{.raw_sockets = RawSockets::kWithheld};
  const Confinement allowed{.raw_sockets = RawSockets::kAllowed};
  const auto after_exec = [](const Confinement& confinement) {
    return Shell("grep -E 'Cap(Eff|Bnd)' /proc/self/status | tr '\\t\\n' '  '", confinement);
  };
  EXPECT_EQ(InSandbox(options_, Host(),
                      [&](Sandbox&) {
                        return raw({}) + " " + raw(withheld) + " " + raw(allowed) + " " +
                               after_exec(withheld) + after_exec(allowed);
                      }),
            "EPERM EPERM ok CapEff: 0000000000000000 CapBnd: 0000000000002000 "
            "CapEff: 0000000000002000 CapBnd: 0000000000002000 ");
}

TEST_F(IsolatedSandbox, MountsCannotBeChanged) {
  const std::string output = InSandbox(options_, Host(), [](Sandbox&) {
    return Confined([] {
      std::string errors;
      for (const int result : {mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND, nullptr),
                               umount2("/proc", MNT_DETACH), umount2("/tmp", MNT_DETACH),
                               mount("none", "/tmp", "tmpfs", 0, nullptr)}) {
        errors += result == 0 ? "ok " : ErrnoName(errno) + " ";
      }
      return errors;
    });
  });
  EXPECT_EQ(output, "EPERM EPERM EPERM EPERM ");
}

TEST_F(IsolatedSandbox, MountsCannotBeChangedInANamespaceBelowEither) {
  // There the program has every capability again, but the flags and the stacking are locked.
  const std::string output = InSandbox(options_, Host(), [](Sandbox&) {
    return Confined([]() -> std::string {
      if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return "refused altogether";
      mount_attr writable = {};
      writable.attr_clr = MOUNT_ATTR_RDONLY;
      const bool changed = mount_setattr(AT_FDCWD, "/", 0, &writable, sizeof writable) == 0 ||
                           umount2("/tmp", MNT_DETACH) == 0 || umount2("/proc", MNT_DETACH) == 0 ||
                           umount2("/dev", MNT_DETACH) == 0;
      return changed ? "changed" : "refused";
    });
  });
  EXPECT_THAT(output, StartsWith("refused"));
}

TEST_F(IsolatedSandbox, LimitsHold) {
  EXPECT_EQ(Run("ulimit -c; ulimit -n; ulimit -f; ulimit -v",
                {.memory = 1 << 30, .file_size = 1 << 20, .open_files = 99}),
            "0\n99\n2048\n1048576\n");
}

TEST_F(IsolatedSandbox, ProcessesAreLimitedForRootToo) {
  if (geteuid() == 0 && !InitOptionsFor(false).limit_processes) {
    GTEST_SKIP() << "nothing limits root's processes on this kernel";
  }
  // Threads, which count as processes do and are made faster.
  const std::string output = InSandbox(options_, Host(), [](Sandbox&) {
    return Confined(
        [] {
          pthread_attr_t small;
          pthread_attr_init(&small);
          pthread_attr_setstacksize(&small, PTHREAD_STACK_MIN);
          const auto wait = [](void*) -> void* {
            for (;;) pause();
          };
          int count = 0;
          for (pthread_t thread; count < 2000; ++count) {
            if (pthread_create(&thread, &small, wait, nullptr) != 0) break;
          }
          return std::string(count < 1200 ? "limited" : "without limit");
        },
        {.processes = 30});
  });
  EXPECT_EQ(output, "limited");
}

TEST_F(IsolatedSandbox, KillEverythingMissesTheWorker) {
  const std::string output = InSandbox(options_, Host(), [](Sandbox&) {
    const pid_t victim = fork();
    if (victim == 0) {
      for (;;) pause();
    }
    Confined([] { return std::to_string(kill(-1, SIGKILL)); });
    int status = 0;
    waitpid(victim, &status, 0);
    return (WIFSIGNALED(status) ? SignalName(WTERMSIG(status)) : "no signal") +
           " for others, worker lives, " + Shell("echo so does init");
  });
  EXPECT_EQ(output, "SIGKILL for others, worker lives, so does init\n");
}

TEST_F(IsolatedSandbox, OnlyItsOwnProcessesAreSeen) {
  if (!Host().fresh_proc) GTEST_SKIP() << "no new /proc on this host";
  EXPECT_EQ(Run("echo $$ $PPID; echo /proc/[0-9]*; cat /proc/1/comm"),
            "2 0\n/proc/1 /proc/2\nsockspec-init\n");
}

TEST_F(IsolatedSandbox, InitIsOutOfReach) {
  EXPECT_EQ(InSandbox(options_, Host(),
                      [](Sandbox&) {
                        return Confined([] {
                                 std::string errors;
                                 errors +=
                                     ErrnoName(ptrace(PTRACE_SEIZE, 1, 0, 0) == 0 ? 0 : errno);
                                 for (const char* path : {"/proc/1/mem", "/proc/1/environ"}) {
                                   OwnedFd fd(open(path, O_RDONLY));
                                   errors += " " + ErrnoName(fd.empty() ? errno : 0);
                                 }
                                 for (const int signal : {SIGKILL, SIGTERM, SIGSTOP})
                                   kill(1, signal);
                                 return errors;
                               }) +
                               Shell("echo; echo alive");
                      }),
            "EPERM EACCES EACCES\nalive\n");
}

TEST_F(IsolatedSandbox, InitKeepsNoDescriptor) {
  Pipe pipe = NewPipe();
  const std::string output = InSandbox(options_, Host(), [&](Sandbox& sandbox) {
    Shell("true");
    const std::string path = std::to_string(sandbox.init_pid()) + "/fd";
    OwnedFd fd(CheckCall(openat(sandbox.proc_fd(), path.c_str(), O_RDONLY | O_DIRECTORY),
                         "open(/proc/{})", path));
    OwnedDirectory list(std::move(fd));
    int count = -2;  // . and ..
    while (list.Next() != nullptr) ++count;
    return std::to_string(count);
  });
  EXPECT_EQ(output, "0");
}

TEST_F(IsolatedSandbox, EndsDaemonsBeforeItReturns) {
  const std::string output = InSandbox(options_, Host(), [](Sandbox& sandbox) -> std::string {
    Pipe pipe = NewPipe();
    CheckCall(fcntl(pipe.reader.get(), F_SETFL, O_NONBLOCK), "fcntl(O_NONBLOCK)");
    const std::string started = Confined([&] {
      if (fork() == 0) {
        setsid();
        if (fork() == 0) {
          // The daemon keeps the test's pipe alone.
          dup2(pipe.writer.get(), 0);
          closefrom(1);
          signal(SIGTERM, SIG_IGN);
          for (;;) pause();
        }
        _exit(0);
      }
      waitpid(-1, nullptr, 0);
      return std::string("started");
    });
    pipe.writer.Reset();
    char byte;
    const bool ran = read(pipe.reader.get(), &byte, 1) < 0 && errno == EAGAIN;
    sandbox.End();
    const bool gone = read(pipe.reader.get(), &byte, 1) == 0;
    return started + (ran ? " ran" : " did not run") + (gone ? " gone" : " left");
  });
  EXPECT_EQ(output, "started ran gone");
}

TEST_F(IsolatedSandbox, EndReapsWhatNobodyHasWaitedFor) {
  const std::string output = InSandbox(options_, Host(), [](Sandbox& sandbox) {
    const pid_t running = fork();
    if (running == 0) {
      for (;;) pause();
    }
    const pid_t traced = fork();
    if (traced == 0) {
      ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      raise(SIGSTOP);
      _exit(0);
    }
    int status = 0;
    waitpid(traced, &status, 0);
    ptrace(PTRACE_SETOPTIONS, traced, nullptr, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL);
    sandbox.End();
    sandbox.End();
    return std::string(WIFSTOPPED(status) ? "traced " : "untraced ") +
           ErrnoName(kill(running, 0) == 0 ? 0 : errno) + " " +
           ErrnoName(kill(traced, 0) == 0 ? 0 : errno);
  });
  EXPECT_EQ(output, "traced ESRCH ESRCH");
}

TEST_F(IsolatedSandbox, DiesWithTheWorkersParent) {
  Pipe pipe = NewPipe();
  const pid_t coordinator = fork();
  if (coordinator == 0) {
    if (fork() == 0) {
      SandboxOptions options = options_;
      options.parent = getppid();
      Sandbox sandbox = Sandbox::Enter(options, Host());
      if (fork() == 0) {
        ConfineSelf({});
        // A child does not inherit the signal of its parent's death: init's end must reach it.
        if (fork() == 0) WriteText(pipe.writer, "inside");
        for (;;) pause();
      }
      for (;;) pause();
    }
    for (;;) pause();
  }
  pipe.writer.Reset();
  char text[7] = {};
  EXPECT_EQ(read(pipe.reader.get(), text, sizeof text), 6);
  kill(coordinator, SIGKILL);
  waitpid(coordinator, nullptr, 0);
  EXPECT_EQ(ReadAll(pipe.reader), "") << "somebody still holds the pipe";
}

TEST_F(IsolatedSandbox, RefusesToStartWithoutItsParent) {
  options_.parent = 1 << 22;
  EXPECT_THAT(Run("echo entered"), AllOf(StartsWith("thrown: "), HasSubstr("No such process")));
}

TEST_F(IsolatedSandbox, LowPortsAndLoopbackWork) {
  options_.extra_addresses = {"192.0.2.7/32", "fe80::1/64"};
  if (!Host().ipv6) options_.extra_addresses.pop_back();
  if (!Host().network_settings) GTEST_SKIP() << "network settings are read-only on this host";
  const std::string output = InSandbox(options_, Host(), [](Sandbox&) {
    return Confined([] {
      return Bind("127.0.0.1", 13) + " " + Bind("127.9.9.9", 13) + " " + Bind("192.0.2.7", 13) +
             " " + Bind("192.0.2.8", 13) + (Host().ipv6 ? " " + Bind("::1", 13) : "");
    });
  });
  EXPECT_EQ(output, Host().ipv6 ? "ok ok ok EADDRNOTAVAIL ok" : "ok ok ok EADDRNOTAVAIL");
}

TEST_F(IsolatedSandbox, LowPortsAreRefusedWhereAsked) {
  options_.first_unprivileged_port = 1024;
  EXPECT_EQ(InSandbox(options_, Host(),
                      [](Sandbox&) {
                        return Confined(
                            [] { return Bind("127.0.0.1", 13) + " " + Bind("127.0.0.1", 1313); });
                      }),
            "EACCES ok");
}

TEST_F(IsolatedSandbox, QueuesCanBeKeptShort) {
  if (!Host().network_settings) GTEST_SKIP() << "network settings are read-only on this host";
  options_.longest_queue = 4;
  EXPECT_EQ(Run("cat /proc/sys/net/core/somaxconn"), "4\n");
}

TEST_F(IsolatedSandbox, Ipv6SettingsHold) {
  if (!Host().ipv6 || !Host().network_settings) GTEST_SKIP() << "no IPv6 to be set here";
  options_.v6_only_default = true;
  EXPECT_EQ(InSandbox(options_, Host(),
                      [](Sandbox&) {
                        OwnedFd fd(socket(AF_INET6, SOCK_STREAM, 0));
                        int on = 0;
                        socklen_t size = sizeof on;
                        getsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, &size);
                        return std::to_string(on);
                      }),
            "1");
  options_.v6_only_default = false;
  options_.ipv6_disabled = true;
  EXPECT_EQ(InSandbox(options_, Host(),
                      [](Sandbox&) { return Bind("::1", 1313) + " " + Bind("::", 1313); }),
            "EADDRNOTAVAIL ok");
}

TEST_F(IsolatedSandbox, BadAddressIsNamed) {
  options_.extra_addresses = {"192.0.2.7/33"};
  EXPECT_THAT(Run("true"), AllOf(StartsWith("thrown: "), HasSubstr("192.0.2.7/33")));
}

TEST_F(IsolatedSandbox, WorkerReadsProcOfItsOwnNumbers) {
  EXPECT_EQ(InSandbox(options_, Host(),
                      [](Sandbox& sandbox) {
                        const std::string path = std::to_string(getpid()) + "/comm";
                        OwnedFd fd(openat(sandbox.proc_fd(), path.c_str(), O_RDONLY));
                        return fd.empty() ? ErrnoName(errno) : "found";
                      }),
            "found");
}

TEST_F(IsolatedSandbox, WithoutAFreshProcProgramsStillRun) {
  HostAbilities host = Host();
  host.fresh_proc = false;
  EXPECT_EQ(InSandbox(options_, host, [](Sandbox&) { return Shell("echo $$"); }), "2\n");
}

TEST_F(IsolatedSandbox, AForkedCopyEndsNothing) {
  EXPECT_EQ(InSandbox(options_, Host(),
                      [](Sandbox& sandbox) {
                        return InChild([&] {
                                 sandbox.End();
                                 return std::string("ended, ");
                               }) +
                               Shell("echo alive");
                      }),
            "ended, alive\n");
}

// Without namespaces: what a host that forbids them gets.
class DegradedSandbox : public ::testing::Test {
 protected:
  DegradedSandbox() { options_.directory = directory_.path(); }
  ScratchDirectory directory_;
  SandboxOptions options_;
};

TEST_F(DegradedSandbox, HasPrivateDirectoriesThatEndWithIt) {
  const std::string output = InSandbox(options_, {}, [](Sandbox& sandbox) {
    const std::string written =
        Shell("echo x > " + sandbox.home() + "/a && echo x > " + sandbox.tmp() + "/a && pwd");
    sandbox.End();
    return written + (sandbox.isolated() ? "isolated" : "degraded") +
           (std::filesystem::exists(sandbox.home()) ? " left" : " removed");
  });
  EXPECT_EQ(output, directory_.path() + "\ndegraded removed");
}

TEST_F(DegradedSandbox, EndsDaemonsAndTheirChildren) {
  const std::string output = InSandbox(options_, {}, [](Sandbox& sandbox) -> std::string {
    Pipe pipe = NewPipe();
    CheckCall(fcntl(pipe.reader.get(), F_SETFL, O_NONBLOCK), "fcntl(O_NONBLOCK)");
    const std::string started = Confined([&] {
      if (fork() == 0) {
        setsid();
        for (int i = 0; i < 3; ++i) fork();
        dup2(pipe.writer.get(), 0);
        closefrom(1);
        for (;;) pause();
      }
      return std::string("started");
    });
    pipe.writer.Reset();
    sandbox.End();
    char byte;
    const bool gone = read(pipe.reader.get(), &byte, 1) == 0;
    return started + (gone ? " gone " : " left ") +
           ErrnoName(waitpid(-1, nullptr, 0) < 0 ? errno : 0);
  });
  EXPECT_EQ(output, "started gone ECHILD");
}

TEST_F(DegradedSandbox, ConfinesNevertheless) {
  EXPECT_EQ(InSandbox(options_, {},
                      [](Sandbox&) {
                        return Shell(
                            "grep -E '^(CapEff|NoNew)' /proc/self/status | tr '\\t' ' '; "
                            "ulimit -c");
                      }),
            "CapEff: 0000000000000000\nNoNewPrivs: 1\n0\n");
}

}  // namespace
}  // namespace sockspec
