// Moving the wall clock of a traced program.
#include "harness/trace/clock_shift.h"

#include <elf.h>
#include <time.h>

#include <string_view>

#include "harness/trace/architecture.h"
#include "harness/trace/tracee.h"

namespace sockspec {
namespace {

// More words than any argument vector and environment may have here: the walk must end.
constexpr int kMostWords = 1 << 20;

bool IsWallClock(std::uint64_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
}

}  // namespace

void HideVdso(pid_t pid) {
  const std::uint64_t stack = StackPointer(pid);
  if (stack == 0) return;
  LiveTracee tracee(pid);
  // At the exec stop the stack holds argc, argv, 0, environment, 0, then pairs of the vector.
  std::uint64_t at = stack + sizeof(std::uint64_t);
  for (int zeros = 0, words = 0; zeros < 2; ++words, at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    if (words > kMostWords || !tracee.ReadValue(at, &word)) return;
    if (word == 0) ++zeros;
  }
  for (std::uint64_t pair[2]; tracee.ReadValue(at, &pair) && pair[0] != AT_NULL;
       at += sizeof pair) {
    if (pair[0] != AT_SYSINFO_EHDR) continue;
    const std::uint64_t ignore = AT_IGNORE;
    tracee.Write(at, &ignore, sizeof ignore);
  }
}

void ShiftClock(pid_t tid, const PendingCall& pending, std::int64_t seconds, std::int64_t result) {
  const std::string_view name = pending.entry->name;
  std::uint64_t where = pending.arguments[0];
  if (name == "clock_gettime") {
    if (!IsWallClock(pending.arguments[0])) return;
    where = pending.arguments[1];
  } else if (name == "time") {
    SetResult(tid, result + seconds);
  }
  // timespec, timeval and time_t all begin with the seconds.
  std::int64_t told = 0;
  LiveTracee tracee(tid);
  if (where == 0 || !tracee.ReadValue(where, &told)) return;
  told += seconds;
  tracee.Write(where, &told, sizeof told);
}

}  // namespace sockspec
