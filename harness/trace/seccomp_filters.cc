// The seccomp programs.
#include "harness/trace/seccomp_filters.h"

#include <linux/futex.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "harness/base/error.h"
#include "harness/base/owned_fd.h"
#include "harness/trace/call_table.h"

namespace sockspec {
namespace {

class Builder {
 public:
  Builder() : context_(seccomp_init(SCMP_ACT_ALLOW)) {
    if (context_ == nullptr) ThrowSystemError(ENOMEM, "seccomp_init()");
    // A binary tree: some 50 comparisons a call would slow every system call of the program.
    seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    seccomp_attr_set(context_, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  }
  ~Builder() { seccomp_release(context_); }
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  void Add(std::uint32_t action, int call) {
    const int rc = seccomp_rule_add(context_, action, call, 0);
    if (rc < 0) ThrowSystemError(-rc, fmt::format("seccomp_rule_add({})", call));
  }
  // Only where an argument is as the comparison says.
  void AddWhere(std::uint32_t action, int call, scmp_arg_cmp argument) {
    const int rc = seccomp_rule_add(context_, action, call, 1, argument);
    if (rc < 0) ThrowSystemError(-rc, fmt::format("seccomp_rule_add({})", call));
  }

  SeccompProgram Export() {
    OwnedFd file(CheckCall(memfd_create("filter", MFD_CLOEXEC), "memfd_create()"));
    const int rc = seccomp_export_bpf(context_, file.get());
    if (rc < 0) ThrowSystemError(-rc, "seccomp_export_bpf()");
    const off_t size = CheckCall(lseek(file.get(), 0, SEEK_END), "lseek(filter)");
    SeccompProgram program(static_cast<std::size_t>(size) / sizeof(sock_filter));
    CheckCall(pread(file.get(), program.data(), program.size() * sizeof(sock_filter), 0),
              "pread(filter)");
    return program;
  }

 private:
  scmp_filter_ctx context_;
};

SeccompFilters Build() {
  Builder at_start;
  Builder with_socket;
  Builder signal_actions;
  Builder own_clock;
  Builder opens;
  for (const CallEntry* entry = AllCalls(); entry->name != nullptr; ++entry) {
    Builder& builder = entry->from == FollowedFrom::kStart           ? at_start
                       : entry->from == FollowedFrom::kFirstSocket   ? with_socket
                       : entry->from == FollowedFrom::kSignalActions ? signal_actions
                       : entry->from == FollowedFrom::kOwnClock      ? own_clock
                                                                     : opens;
    if (entry->kind == CallKind::kFutexWait) {
      // Without FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME; wake-ups run at full speed.
      constexpr std::uint64_t kOperation = FUTEX_CMD_MASK;
      for (const std::uint64_t operation : {FUTEX_WAIT, FUTEX_WAIT_BITSET}) {
        builder.AddWhere(SCMP_ACT_TRACE(0), entry->number,
                         SCMP_A1_64(SCMP_CMP_MASKED_EQ, kOperation, operation));
      }
    } else if (entry->kind == CallKind::kSignalAction) {
      // Not where it only asks, as runtimes do for each signal.
      builder.AddWhere(SCMP_ACT_TRACE(0), entry->number, SCMP_A1_64(SCMP_CMP_NE, 0));
    } else if (entry->number == SYS_clone) {
      // A new thread shows by its event, and no fault aims at it.
      builder.AddWhere(SCMP_ACT_TRACE(0), entry->number,
                       SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    } else {
      builder.Add(SCMP_ACT_TRACE(0), entry->number);
    }
  }
  // A program that only waits for its standard input is asleep for good: see it fall asleep.
  at_start.AddWhere(SCMP_ACT_TRACE(0), SYS_read, SCMP_A0_64(SCMP_CMP_EQ, STDIN_FILENO));
  at_start.Add(SCMP_ACT_ERRNO(ENOSYS), SYS_io_uring_setup);
  return {.at_start = at_start.Export(),
          .with_socket = with_socket.Export(),
          .signal_actions = signal_actions.Export(),
          .own_clock = own_clock.Export(),
          .opens = opens.Export()};
}

}  // namespace

const SeccompFilters& TracingFilters() {
  static const SeccompFilters filters = Build();
  return filters;
}

int InstallFilter(const SeccompProgram& program) noexcept {
  sock_fprog description{static_cast<unsigned short>(program.size()),
                         const_cast<sock_filter*>(program.data())};
  constexpr unsigned kSetModeFilter = 1;  // SECCOMP_SET_MODE_FILTER; its header clashes with ours
  return syscall(SYS_seccomp, kSetModeFilter, 0, &description) == 0 ? 0 : errno;
}

}  // namespace sockspec
