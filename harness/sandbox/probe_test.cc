// Tests of ProbeHost: it must tell the truth where a seccomp filter, as a container's, denies
// calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <seccomp.h>

#include <initializer_list>
#include <string>

#include "harness/base/text.h"
#include "harness/sandbox/sandbox.h"
#include "harness/sandbox/sandbox_testing.h"

namespace sockspec {
namespace {

using ::sockspec::testing::InChild;
using ::sockspec::testing::InSandbox;
using ::sockspec::testing::ScratchDirectory;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string Words(const HostAbilities& host) {
  std::string words;
  if (host.user_namespaces) words += "namespaces ";
  if (host.fresh_proc) words += "proc ";
  if (host.overlay) words += "overlay ";
  if (host.network_settings) words += "settings ";
  if (host.ptrace) words += "ptrace ";
  if (host.socket_diag) words += "diag ";
  if (host.ipv6) words += "ipv6 ";
  return words + "\n" + Join(host.missing, "\n");
}

// What is found where `action` is taken for these system calls, by words that name abilities.
std::string ProbeDenied(std::uint32_t action, std::initializer_list<int> calls) {
  return InChild([&] {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    for (const int call : calls) seccomp_rule_add(filter, action, call, 0);
    if (seccomp_load(filter) != 0) return std::string("the filter could not be loaded");
    return Words(ProbeHost());
  });
}

TEST(ProbeHost, EveryLackIsToldAndNothingElse) {
  const HostAbilities host = ProbeHost();
  int lacks = !host.user_namespaces + !host.ptrace + !host.socket_diag + !host.ipv6;
  if (host.user_namespaces) lacks += !host.fresh_proc + !host.overlay + !host.network_settings;
  EXPECT_EQ(static_cast<int>(host.missing.size()), lacks) << Words(host);
  for (const std::string& sentence : host.missing) EXPECT_THAT(sentence, HasSubstr("Mend: "));
}

TEST(ProbeHost, LeavesTheCallerAsItWas) {
  const std::string before = std::filesystem::read_symlink("/proc/self/ns/user");
  ProbeHost();
  EXPECT_EQ(std::filesystem::read_symlink("/proc/self/ns/user").string(), before);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TEST(ProbeHost, DeniedNamespaces) {
  const std::string found = ProbeDenied(SCMP_ACT_ERRNO(EPERM), {SCMP_SYS(unshare)});
  EXPECT_THAT(found.substr(0, found.find('\n')),
              AllOf(::testing::Not(HasSubstr("namespaces")), ::testing::Not(HasSubstr("overlay"))));
  EXPECT_THAT(found, HasSubstr("No user namespaces (unshare(USER|NET|PID|NS|IPC|UTS): EPERM)"));
}

TEST(ProbeHost, DeniedNamespacesByDeath) {
  EXPECT_THAT(ProbeDenied(SCMP_ACT_KILL_PROCESS, {SCMP_SYS(unshare)}),
              HasSubstr("No user namespaces (the attempt was killed)"));
}

TEST(ProbeHost, DeniedMounts) {
  EXPECT_THAT(ProbeDenied(SCMP_ACT_ERRNO(EPERM), {SCMP_SYS(mount_setattr)}),
              HasSubstr("No user namespaces (mount_setattr(/"));
}

TEST(ProbeHost, DeniedTracing) {
  for (const std::uint32_t action : {SCMP_ACT_ERRNO(EPERM), SCMP_ACT_KILL_PROCESS}) {
    const std::string found = ProbeDenied(action, {SCMP_SYS(ptrace)});
    EXPECT_THAT(found.substr(0, found.find('\n')), ::testing::Not(HasSubstr("ptrace")));
    EXPECT_THAT(found, HasSubstr("No tracing of system calls ("));
  }
}

TEST(ProbeHost, DeniedOverlayAloneLeavesTheRest) {
  if (!ProbeHost().user_namespaces) GTEST_SKIP() << "no user namespaces on this host";
  // Inside a sandbox whose /proc is covered neither overlay nor a fresh /proc is refused; so the
  // one thing is refused that the overlay alone needs.
  const std::string found = InChild([] {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(fsconfig), 1,
                     SCMP_A1(SCMP_CMP_EQ, 0 /* FSCONFIG_SET_FLAG, as for userxattr */));
    if (seccomp_load(filter) != 0) return std::string("the filter could not be loaded");
    return Words(ProbeHost());
  });
  EXPECT_THAT(found, AllOf(HasSubstr("namespaces "), HasSubstr("No overlay in a user namespace "
                                                               "(fsconfig(userxattr): EINVAL)")));
}

}  // namespace
}  // namespace sockspec
