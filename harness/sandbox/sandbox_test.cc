// Tests of the sandbox: what a program inside can see and do, and that nothing outlives its end.
#include "harness/sandbox/sandbox.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "harness/sandbox/init.h"
#include "harness/sandbox/sandbox_testing.h"

namespace sockspec {
namespace {

using ::sockspec::testing::Confined;
using ::sockspec::testing::InChild;
using ::sockspec::testing::InSandbox;
using ::sockspec::testing::NewPipe;
using ::sockspec::testing::Pipe;
using ::sockspec::testing::ReadAll;
using ::sockspec::testing::ScratchDirectory;
using ::sockspec::testing::Shell;
using ::sockspec::testing::WriteText;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

const HostAbilities& Host() {
  static const HostAbilities host = ProbeHost();
  return host;
}

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

class IsolatedSandbox : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Host().user_namespaces) GTEST_SKIP() << "no user namespaces on this host";
    options_.directory = directory_.path();
  }

  std::string Run(const std::string& script, const Confinement& confinement = {}) {
    return InSandbox(options_, Host(), [&](Sandbox&) { return Shell(script, confinement); });
  }

  ScratchDirectory directory_;
  SandboxOptions options_;
};

TEST_F(IsolatedSandbox, RootIsReadOnly) {
  // A directory outside /tmp that the tests' user could write, where there is one.
  const std::string output = Run("touch /etc/x /usr/x; : > /proc/self/comm");
  EXPECT_THAT(output, AllOf(HasSubstr("/etc/x': Read-only"), HasSubstr("/usr/x': Read-only"),
                            HasSubstr("/proc/self/comm: Read-only")));
}

TEST_F(IsolatedSandbox, PrivateDirectoriesAreEmptyWritableAndInvisibleOutside) {
  ScratchDirectory outside("/tmp");
  const std::string name = "sandbox-test-private";
  const std::string output = Run("ls -d " + outside.path() +
                                 "; for d in /tmp /var/tmp /run "
                                 "/dev/shm; do echo x > $d/" +
                                 name + " && cat $d/" + name + "; done");
  EXPECT_THAT(output, HasSubstr("No such file"));
  EXPECT_THAT(output, ::testing::EndsWith("x\nx\nx\nx\n"));
  for (const char* path : {"/tmp/", "/var/tmp/", "/run/", "/dev/shm/"}) {
    EXPECT_FALSE(std::filesystem::exists(path + name)) << path;
  }
}

TEST_F(IsolatedSandbox, PrivateDirectoriesAreLimitedInSize) {
  options_.tmpfs_bytes = 1 << 20;
  EXPECT_THAT(Run("head -c 2000000 /dev/zero > /tmp/big; wc -c < /tmp/big"),
              AllOf(HasSubstr("No space left"), HasSubstr("1048576")));
}

TEST_F(IsolatedSandbox, DevicesAreTheUsualSix) {
  EXPECT_EQ(
      Run("echo x > /dev/null; head -c 2 /dev/zero | od -An -tx1; ls -m /dev; "
          "echo out > /dev/stderr"),
      " 00 00\nfd, full, null, random, shm, stderr, stdin, stdout, tty, urandom, zero\nout\n");
}

TEST_F(IsolatedSandbox, HomeIsHidden) {
  ScratchDirectory home("/var/tmp");
  home.Write(".ssh/id", "secret");
  options_.home = home.path();
  const std::string output = InSandbox(options_, Host(), [&](Sandbox& sandbox) {
    return sandbox.home() + "\n" +
           Shell("cat " + home.path() + "/.ssh/id; cd " + sandbox.home() +
                 " && ls -A && echo x > y && cat y");
  });
  EXPECT_THAT(output, StartsWith(home.path() + "\n"));
  EXPECT_THAT(output, AllOf(HasSubstr("No such file"), Not(HasSubstr("secret")),
                            ::testing::EndsWith("x\n")));
  EXPECT_EQ(home.Read("y"), "");
}

TEST_F(IsolatedSandbox, HomeOfAServiceUserIsNotHidden) {
  options_.home = "/usr/sbin";
  EXPECT_EQ(InSandbox(options_, Host(),
                      [&](Sandbox& sandbox) {
                        return sandbox.home() + " " +
                               Shell("test -n \"$(ls /usr/sbin)\" && echo there");
                      }),
            "/tmp/home there\n");
}

TEST_F(IsolatedSandbox, WhatIsReadableStaysSoBelowHiddenDirectories) {
  ScratchDirectory home("/var/tmp");
  home.Write("bin/tool", "#!/bin/sh\necho tool\n");
  const std::string file = home.Write("conf/one", "one\n");
  home.Write("conf/two", "two\n");
  std::filesystem::permissions(home.path() + "/bin/tool", std::filesystem::perms::owner_all);
  std::filesystem::create_symlink("bin", home.path() + "/link");
  options_.home = home.path();
  options_.readable = {home.path() + "/link", home.path() + "/bin/tool", file, "/no/such/place"};
  EXPECT_EQ(Run("cd " + home.path() + " && link/tool && bin/tool && cat conf/one && ls conf && " +
                "touch bin/x 2>/dev/null || echo refused"),
            "tool\ntool\none\none\nrefused\n");
}

TEST_F(IsolatedSandbox, WorkingDirectoryIsWritableAndPrivate) {
  directory_.Write("file", "before");
  directory_.Write("sub/file", "before");
  const std::string output = InSandbox(options_, Host(), [&](Sandbox& sandbox) {
    return Shell(
               "pwd; cat file; echo after > file; mv sub/file sub/moved; echo new > new; rm file; "
               "ls") +
           (sandbox.directory_writable() ? "writable" : "read-only");
  });
  EXPECT_EQ(output, directory_.path() + "\nbeforenew\nsub\nwritable");
  EXPECT_EQ(directory_.Read("file"), "before");
  EXPECT_EQ(directory_.Read("sub/file"), "before");
  EXPECT_EQ(directory_.Read("new"), "");
}

TEST_F(IsolatedSandbox, WorkingDirectoryThroughALinkKeepsItsPath) {
  ScratchDirectory links("/var/tmp");
  std::filesystem::create_symlink(directory_.path(), links.path() + "/link");
  directory_.Write("file", "text");
  options_.directory = links.path() + "/link";
  EXPECT_EQ(Run("cat " + options_.directory + "/file"), "text");
}

TEST_F(IsolatedSandbox, WorkingDirectoryWithReservedCharacters) {
  directory_.Write("a:b,c\\d e/file", "text");
  options_.directory += "/a:b,c\\d e";
  EXPECT_EQ(Run("echo x >> file; cat file"), "textx\n");
}

TEST_F(IsolatedSandbox, WorkingDirectoryThatIsTheHome) {
  directory_.Write("file", "text");
  options_.home = options_.directory;
  EXPECT_EQ(InSandbox(options_, Host(),
                      [](Sandbox& sandbox) { return sandbox.home() + Shell("cat file"); }),
            "/tmp/hometext");
}

TEST_F(IsolatedSandbox, WithoutOverlayTheDirectoryIsCopied) {
  directory_.Write("sub/file", "before");
  std::filesystem::create_symlink("sub", directory_.path() + "/link");
  chmod((directory_.path() + "/sub/file").c_str(), 0750);
  HostAbilities host = Host();
  host.overlay = false;
  const std::string output = InSandbox(options_, host, [&](Sandbox&) {
    return Shell(
        "stat -c %a-%s sub/file; readlink link; cat link/file; echo after > link/file; "
        "cat sub/file");
  });
  EXPECT_EQ(output, "750-6\nsub\nbeforeafter\n");
  EXPECT_EQ(directory_.Read("sub/file"), "before");
}

TEST_F(IsolatedSandbox, WithoutOverlayALargeDirectoryIsReadOnly) {
  const std::string file = directory_.Write("large", "x");
  ASSERT_EQ(truncate(file.c_str(), (64 << 20) + 1), 0);
  HostAbilities host = Host();
  host.overlay = false;
  EXPECT_THAT(InSandbox(options_, host,
                        [&](Sandbox& sandbox) {
                          return Shell("head -c 1 large; touch new") +
                                 (sandbox.directory_writable() ? "writable" : "read-only");
                        }),
              MatchesRegex("x.*Read-only file system\nread-only"));
}

TEST_F(IsolatedSandbox, FilesOfOthersAreCopied) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const std::string file = directory_.Write("file", "before");
  ASSERT_EQ(chown(file.c_str(), 12345, 12345), 0);
  EXPECT_EQ(Run("mv file moved && echo after >> moved && cat moved"), "beforeafter\n");
  EXPECT_EQ(directory_.Read("file"), "before");
}

TEST_F(IsolatedSandbox, ARootDirectoryAsWorkingDirectoryIsReadOnly) {
  options_.directory = "/";
  EXPECT_EQ(InSandbox(options_, Host(),
                      [](Sandbox& sandbox) {
                        return Shell("pwd; touch x 2>/dev/null || echo refused") +
                               (sandbox.directory_writable() ? "writable" : "read-only");
                      }),
            "/\nrefused\nread-only");
}

TEST_F(IsolatedSandbox, ProgramHasNoCapability) {
  EXPECT_EQ(Run("grep -E '^(Cap|NoNew)' /proc/self/status | tr '\\t' ' '"),
            "CapInh: 0000000000000000\nCapPrm: 0000000000000000\nCapEff: 0000000000000000\n"
            "CapBnd: 0000000000000000\nCapAmb: 0000000000000000\nNoNewPrivs: 1\n");
}

TEST_F(IsolatedSandbox, RawSocketsOnlyWhereKept) {
  const auto raw = [](const Confinement& confinement) {
    return Confined(
        [] {
          OwnedFd fd(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
          return fd.empty() ? ErrnoName(errno) : "ok";
        },
        confinement);
  };
  EXPECT_EQ(InSandbox(options_, Host(),
                      [&](Sandbox&) {
                        return raw({}) + " " + raw({.keep_net_raw = true}) + " " +
                               Shell("grep CapEff /proc/self/status", {.keep_net_raw = true});
                      }),
            "EPERM ok CapEff:\t0000000000002000\n");
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
  EXPECT_EQ(InSandbox(options_, Host(),
                      [](Sandbox&) {
                        const std::string killed = Confined(
                            []() -> std::string { return kill(-1, SIGKILL) == 0 ? "a" : "b"; });
                        return "worker lives, " + Shell("echo so does init");
                      }),
            "worker lives, so does init\n");
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
    DIR* list = fdopendir(fd.Release());
    int count = -2;  // . and ..
    while (readdir(list) != nullptr) ++count;
    closedir(list);
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
        WriteText(pipe.writer, "inside");
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
