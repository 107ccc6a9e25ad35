// Tests of the file system that a program in the sandbox sees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "harness/sandbox/sandbox.h"
#include "harness/sandbox/sandbox_testing.h"

namespace sockspec {
namespace {

using ::sockspec::testing::Host;
using ::sockspec::testing::InSandbox;
using ::sockspec::testing::IsolatedSandbox;
using ::sockspec::testing::ScratchDirectory;
using ::sockspec::testing::Shell;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(IsolatedSandbox, RootIsReadOnly) {
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

}  // namespace
}  // namespace sockspec
