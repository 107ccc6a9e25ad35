// What /proc tells of a program that is not traced.
#include "harness/trace/untraced_program.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <system_error>

#include "harness/base/error.h"
#include "harness/kernel/remote_socket.h"
#include "harness/trace/call_table.h"

namespace sockspec {
namespace {

// Whether a call waits, and for how long, by its arguments alone.
enum class Patience {
  kForEver,
  kBySocket,  // for ever, but for a time-out of the socket that is its first argument
  kLimited    // for a limited time, or none can tell
};

Patience PatienceOf(const BlockedCall& call) {
  const auto& a = call.arguments;
  const auto unless = [](bool limited) {
    return limited ? Patience::kLimited : Patience::kForEver;
  };
  // A time-out in milliseconds is negative for none; one by pointer is null.
  switch (call.number) {
#ifdef SYS_poll
    case SYS_poll:
      return unless(static_cast<std::int32_t>(a[2]) >= 0);
    case SYS_epoll_wait:
      return unless(static_cast<std::int32_t>(a[3]) >= 0);
    case SYS_select:
      return unless(a[4] != 0);
    case SYS_pause:
      return Patience::kForEver;
#endif
    case SYS_epoll_pwait:
      return unless(static_cast<std::int32_t>(a[3]) >= 0);
    case SYS_ppoll:
    case SYS_rt_sigtimedwait:
      return unless(a[2] != 0);
    case SYS_pselect6:
      return unless(a[4] != 0);
    case SYS_futex:
      return unless(a[3] != 0);
    case SYS_wait4:
    case SYS_waitid:
    case SYS_rt_sigsuspend:
      return Patience::kForEver;
    case SYS_accept:
    case SYS_accept4:
    case SYS_connect:
    case SYS_read:
    case SYS_readv:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_sendmsg:
    case SYS_sendto:
    case SYS_write:
    case SYS_writev:
      return Patience::kBySocket;
    default:
      return Patience::kLimited;
  }
}

std::string CallName(std::int64_t number) {
  const CallEntry* entry = FindCall(static_cast<std::uint64_t>(number));
  return entry != nullptr ? entry->name : fmt::format("system call {}", number);
}

constexpr const char* kAsleep = "a call that cannot be seen";

}  // namespace

UntracedProgram::UntracedProgram(int proc_fd, pid_t init, WatchHooks hooks)
    : proc_fd_(proc_fd), init_(init), hooks_(std::move(hooks)) {}

void UntracedProgram::Adopt(pid_t pid, int run, bool) {
  run_ = run;
  next_process_ = 1;
  launched_[run] = pid;
  processes_[pid] = {};
  numbers_[pid] = next_process_++;
  changes_ = 1;
  hooks_.record({.kind = EventKind::kProcessStarted, .run = run, .process = 1, .text = "launch"});
}

int UntracedProgram::HandleStops() {
  changes_ = Reap();
  std::map<pid_t, Threads> now;
  for (const pid_t pid : DescendantsOf(proc_fd_, getpid())) {
    if (pid == init_) continue;
    Threads threads;
    for (const pid_t tid : ThreadsOf(proc_fd_, pid)) {
      const auto rest = ReadThreadRest(proc_fd_, pid, tid);
      // A first thread that has ended before the others is a zombie, too.
      if (rest && rest->state != 'Z' && rest->state != 'X') threads[tid] = *rest;
    }
    if (!threads.empty()) now[pid] = std::move(threads);
  }
  for (const auto& [pid, threads] : now) {
    const auto known = processes_.find(pid);
    if (known == processes_.end()) OnSeen(pid);
    for (const auto& [tid, rest] : threads) {
      const bool rests = rest.state == 'S' || rest.state == 'T';
      const bool as_before =
          known != processes_.end() && known->second.contains(tid) && known->second.at(tid) == rest;
      if (!rests || !as_before) ++changes_;
    }
    if (known != processes_.end() && known->second.size() > threads.size()) ++changes_;
  }
  // Of a child that has just ended /proc knows no more, and waitpid() not yet.
  for (const auto& [run, pid] : launched_) {
    if (now.contains(pid)) continue;
    ++changes_;
    now[pid] = {};
  }
  if (now.size() < processes_.size()) ++changes_;
  processes_ = std::move(now);
  return changes_;
}

void UntracedProgram::OnSeen(pid_t pid) {
  // While its parent ends, and it gets another, a look may miss a child.
  const auto [known, is_new] = numbers_.try_emplace(pid, next_process_);
  if (!is_new) return;
  ++next_process_;
  hooks_.record(
      {.kind = EventKind::kProcessStarted, .run = run_, .process = known->second, .text = "seen"});
}

int UntracedProgram::Reap() {
  int ended = 0;
  while (true) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, WNOHANG | __WALL);
    if (pid == -1 && errno == EINTR) continue;
    if (pid <= 0) return ended;
    ++ended;
    OnEnded(pid, status);
  }
}

void UntracedProgram::OnEnded(pid_t pid, int status) {
  if (pid == init_) return hooks_.other_child_ended(pid, status);
  Event event{.kind = EventKind::kProcessEnded, .run = run_};
  for (const auto& [run, first] : launched_) {
    if (first == pid) event = {.kind = EventKind::kExited, .run = run};
  }
  std::erase_if(launched_, [pid](const auto& entry) { return entry.second == pid; });
  const auto known = numbers_.find(pid);  // one that came and went between two looks has none
  event.process = known != numbers_.end() ? known->second : next_process_++;
  numbers_.erase(pid);
  processes_.erase(pid);
  if (WIFEXITED(status)) {
    event.number = WEXITSTATUS(status);
  } else {
    event.number = -1;
    event.signal = WTERMSIG(status);
  }
  hooks_.record(std::move(event));
}

pid_t UntracedProgram::LaunchedPid(int run) const {
  const auto found = launched_.find(run);
  return found == launched_.end() ? 0 : found->second;
}

std::vector<pid_t> UntracedProgram::LivingProcesses() const {
  std::vector<pid_t> pids;
  for (const auto& [pid, threads] : processes_) pids.push_back(pid);
  return pids;
}

RestState UntracedProgram::StateOfRest() const {
  if (changes_ > 0) return {Rest::kFallingAsleep, ""};
  RestState state{Rest::kSettled, ""};
  for (const auto& [pid, threads] : processes_) {
    for (const auto& [tid, rest] : threads) {
      if (rest.state == 'T') {
        state.what = "stopped by a signal";
        continue;
      }
      const RestState sleep = SleepOf(pid, tid);
      if (sleep.rest == Rest::kFallingAsleep) return sleep;
      if (state.rest == Rest::kSettled && (sleep.rest == Rest::kTimedWait || state.what.empty())) {
        state = sleep;
      }
    }
    if (state.rest == Rest::kSettled && MayWakeByTimer(pid)) state.rest = Rest::kTimedWait;
  }
  return state;
}

RestState UntracedProgram::SleepOf(pid_t pid, pid_t tid) const {
  std::optional<BlockedCall> call;
  try {
    call = ReadBlockedCall(proc_fd_, pid, tid);
  } catch (const std::system_error& error) {
    const int reason = error.code().value();
    if (reason != EPERM && reason != EACCES && reason != ENOSYS) throw;
    return {Rest::kTimedWait, kAsleep};
  }
  if (!call || call->in != BlockedCall::In::kCall) return {Rest::kFallingAsleep, ""};
  const Patience patience = PatienceOf(*call);
  const bool limited =
      patience == Patience::kLimited ||
      (patience == Patience::kBySocket && HasTimeout(pid, static_cast<int>(call->arguments[0])));
  return {limited ? Rest::kTimedWait : Rest::kSettled, CallName(call->number)};
}

bool UntracedProgram::HasTimeout(pid_t pid, int fd) const {
  try {
    const auto copy = DuplicateFrom(pid, fd);
    if (!copy) return true;
    for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
      timeval time{};
      socklen_t length = sizeof time;
      if (getsockopt(copy->get(), SOL_SOCKET, option, &time, &length) == -1) {
        return errno != ENOTSOCK;  // a pipe or a file has none
      }
      if (time.tv_sec != 0 || time.tv_usec != 0) return true;
    }
    return false;
  } catch (const std::system_error&) {
    return true;  // who may not look cannot know
  }
}

// alarm(2) and setitimer(2) show nowhere. A program that uses them handles their signal, or ends by
// it.
bool UntracedProgram::MayWakeByTimer(pid_t pid) const {
  const auto status = ReadProcessStatus(proc_fd_, pid);
  if (!status || status->Catches(SIGALRM) || HasPosixTimers(proc_fd_, pid)) return true;
  const std::vector<Descriptor> descriptors = DescriptorsOf(proc_fd_, pid);
  return std::any_of(descriptors.begin(), descriptors.end(),
                     [](const Descriptor& descriptor) { return descriptor.timer; });
}

bool UntracedProgram::AllStopped() const {
  return std::all_of(processes_.begin(), processes_.end(), [](const auto& process) {
    return std::all_of(process.second.begin(), process.second.end(),
                       [](const auto& thread) { return thread.second.state == 'T'; });
  });
}

void UntracedProgram::Signal(pid_t pid, int signal) {
  if (kill(pid, signal) == -1 && errno != ESRCH) {
    CheckCall(-1, "kill({}, {})", pid, SignalName(signal));
  }
}

}  // namespace sockspec
