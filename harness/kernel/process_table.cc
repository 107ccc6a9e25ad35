// What /proc says of processes and threads: their state, descriptors, memory, children.
#include "harness/kernel/process_table.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>

#include "harness/base/error.h"
#include "harness/base/owned_directory.h"
#include "harness/base/owned_fd.h"
#include "harness/kernel/proc_file.h"

namespace sockspec {
namespace {

// A path below /proc, formatted on the stack.
class Path {
 public:
  template <typename... Args>
  explicit Path(fmt::format_string<Args...> format, Args... args) {
    const auto end = fmt::vformat_to_n(text_, sizeof text_ - 1, fmt::string_view(format),
                                       fmt::make_format_args(args...));
    *end.out = '\0';
  }
  const char* get() const { return text_; }

 private:
  char text_[64];
};

template <typename Number>
Number ToNumber(std::string_view text, int base = 10) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  Number value{};
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

// The fields of a stat file from the state on: the name before may hold anything, ')' too.
std::optional<std::string_view> AfterName(std::string_view stat) {
  const std::size_t end = stat.rfind(')');
  if (end == std::string_view::npos) return std::nullopt;
  return stat.substr(end + 1);
}

std::optional<ProcessStatus> ReadStatus(int proc_fd, const char* path) {
  char buffer[8192];
  auto rest = ReadStart(proc_fd, path, buffer);
  if (!rest) return std::nullopt;
  ProcessStatus status;
  while (!rest->empty()) {
    std::string_view line = NextLine(*rest);
    const std::string_view key = NextField(line);
    if (key == "RssAnon:") status.anonymous_memory = ToNumber<std::int64_t>(NextField(line)) * 1024;
    if (key == "SigBlk:") status.blocked_signals = ToNumber<std::uint64_t>(NextField(line), 16);
    if (key == "SigIgn:") status.ignored_signals = ToNumber<std::uint64_t>(NextField(line), 16);
    if (key == "SigCgt:") status.caught_signals = ToNumber<std::uint64_t>(NextField(line), 16);
  }
  return status;
}

// An ended process or thread has no memory, and so belongs to root until it is reaped: whoever was
// allowed to look before is refused then. True where that explains `error`.
bool EndedMeanwhile(int error, int proc_fd, const char* status_path) {
  if (error != EACCES && error != EPERM) return false;
  const auto status = ReadStatus(proc_fd, status_path);
  return !status || status->anonymous_memory < 0;
}

// The names in a directory of numbers, sorted.
std::vector<int> NumbersIn(int proc_fd, const char* path) {
  std::vector<int> numbers;
  OwnedFd fd(openat(proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.empty()) {
    if (errno == ENOENT || errno == ESRCH) return numbers;
    ThrowSystemError(errno, fmt::format("openat({}, {})", proc_fd, path));
  }
  OwnedDirectory directory(std::move(fd));
  if (directory.empty()) {
    if (errno == ENOENT || errno == ESRCH) return numbers;  // it has ended since
    ThrowSystemError(errno, fmt::format("fdopendir({})", path));
  }
  while (const dirent* entry = directory.Next()) {
    if (entry->d_name[0] != '.') numbers.push_back(ToNumber<int>(entry->d_name));
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

// No socket where it is closed by now.
Descriptor ReadDescriptor(int proc_fd, int fd, const Path& path) {
  char target[64];
  const ssize_t length = readlinkat(proc_fd, path.get(), target, sizeof target);
  std::string_view text(target, length < 0 ? 0 : static_cast<std::size_t>(length));
  Descriptor descriptor{.fd = fd, .timer = text == "anon_inode:[timerfd]"};
  constexpr std::string_view kSocket = "socket:[";
  if (text.starts_with(kSocket)) {
    descriptor.socket_inode = ToNumber<std::uint64_t>(text.substr(kSocket.size()));
  }
  return descriptor;
}

}  // namespace

std::optional<ProcessStat> ReadProcessStat(int proc_fd, pid_t pid) {
  char buffer[1024];
  const auto content = ReadStart(proc_fd, Path("{}/stat", pid).get(), buffer);
  if (!content) return std::nullopt;
  auto rest = AfterName(*content);
  if (!rest) return std::nullopt;
  ProcessStat stat;
  // Field numbers as in proc(5): 3 state, 4 parent, 14 utime, 15 stime, 20 threads.
  for (int field = 3; field <= 20; ++field) {
    const std::string_view value = NextField(*rest);
    if (field == 3 && !value.empty()) stat.state = value[0];
    if (field == 4) stat.parent = ToNumber<pid_t>(value);
    if (field == 14 || field == 15) stat.cpu_ticks += ToNumber<std::uint64_t>(value);
    if (field == 20) stat.threads = ToNumber<int>(value);
  }
  return stat;
}

std::optional<ProcessStatus> ReadProcessStatus(int proc_fd, pid_t pid) {
  return ReadStatus(proc_fd, Path("{}/status", pid).get());
}

std::vector<pid_t> ThreadsOf(int proc_fd, pid_t pid) {
  return NumbersIn(proc_fd, Path("{}/task", pid).get());
}

namespace {

std::optional<char> StateIn(std::string_view stat) {
  auto rest = AfterName(stat);
  if (!rest) return std::nullopt;
  const std::string_view state = NextField(*rest);
  if (state.empty()) return std::nullopt;
  return state[0];
}

}  // namespace

std::optional<char> ReadThreadState(int proc_fd, pid_t pid, pid_t tid) {
  char buffer[1024];
  const auto content = ReadStart(proc_fd, Path("{}/task/{}/stat", pid, tid).get(), buffer);
  if (!content) return std::nullopt;
  return StateIn(*content);
}

ThreadStateFile::ThreadStateFile(int proc_fd, pid_t pid, pid_t tid)
    : file_(openat(proc_fd, Path("{}/task/{}/stat", pid, tid).get(), O_RDONLY | O_CLOEXEC)) {}

std::optional<char> ThreadStateFile::Read() const {
  // The state stands in the first bytes: "PID (NAME) S ...", where NAME has at most 64.
  char buffer[128];
  const ssize_t n = pread(file_.get(), buffer, sizeof buffer, 0);
  if (n <= 0) return std::nullopt;  // it has ended
  return StateIn(std::string_view(buffer, static_cast<std::size_t>(n)));
}

std::optional<ThreadRest> ReadThreadRest(int proc_fd, pid_t pid, pid_t tid) {
  char buffer[8192];
  auto rest = ReadStart(proc_fd, Path("{}/task/{}/status", pid, tid).get(), buffer);
  if (!rest) return std::nullopt;
  ThreadRest thread;
  while (!rest->empty()) {
    std::string_view line = NextLine(*rest);
    const std::string_view key = NextField(line);
    const std::string_view value = NextField(line);
    if (key == "State:" && !value.empty()) thread.state = value[0];
    if (key == "voluntary_ctxt_switches:" || key == "nonvoluntary_ctxt_switches:") {
      thread.switches += ToNumber<std::uint64_t>(value);
    }
  }
  return thread;
}

std::optional<BlockedCall> ReadBlockedCall(int proc_fd, pid_t pid, pid_t tid) {
  char buffer[256];
  std::optional<std::string_view> rest;
  try {
    rest = ReadStart(proc_fd, Path("{}/task/{}/syscall", pid, tid).get(), buffer);
  } catch (const std::system_error& error) {
    const Path status("{}/task/{}/status", pid, tid);
    if (!EndedMeanwhile(error.code().value(), proc_fd, status.get())) throw;
  }
  if (!rest) return std::nullopt;
  BlockedCall call;
  const std::string_view first = NextField(*rest);
  if (first == "running") return call;
  call.number = ToNumber<std::int64_t>(first);
  if (call.number >= 0) {
    call.in = BlockedCall::In::kCall;
    for (std::uint64_t& argument : call.arguments) {
      argument = ToNumber<std::uint64_t>(NextField(*rest), 16);
    }
  }
  call.stack_pointer = ToNumber<std::uint64_t>(NextField(*rest), 16);
  call.program_counter = ToNumber<std::uint64_t>(NextField(*rest), 16);
  return call;
}

std::vector<Descriptor> DescriptorsOf(int proc_fd, pid_t pid) {
  std::vector<Descriptor> descriptors;
  const auto read = [&](pid_t tid) {
    try {
      for (const int fd : NumbersIn(proc_fd, Path("{}/task/{}/fd", pid, tid).get())) {
        const Path path("{}/task/{}/fd/{}", pid, tid, fd);
        descriptors.push_back(ReadDescriptor(proc_fd, fd, path));
      }
    } catch (const std::system_error& error) {
      const Path status("{}/task/{}/status", pid, tid);
      if (!EndedMeanwhile(error.code().value(), proc_fd, status.get())) throw;
    }
  };
  read(pid);
  if (!descriptors.empty()) return descriptors;
  // A first thread that has ended shows none, while the others go on with them all.
  for (const pid_t tid : ThreadsOf(proc_fd, pid)) {
    if (descriptors.empty()) read(tid);
  }
  return descriptors;
}

std::uint64_t SocketInode(int proc_fd, pid_t pid, int fd) {
  return ReadDescriptor(proc_fd, fd, Path("{}/fd/{}", pid, fd)).socket_inode;
}

int LowestFreeDescriptor(int proc_fd, pid_t pid) {
  int free = 0;
  for (const Descriptor& descriptor : DescriptorsOf(proc_fd, pid)) {  // in order
    if (descriptor.fd != free) break;
    ++free;
  }
  return free;
}

bool HasPosixTimers(int proc_fd, pid_t pid) {
  char buffer[64];
  const auto timers = ReadStart(proc_fd, Path("{}/timers", pid).get(), buffer);
  return timers && !timers->empty();
}

std::vector<pid_t> DescendantsOf(int proc_fd, pid_t pid) {
  std::vector<pid_t> found;
  const auto add_children = [&](pid_t parent) {
    for (const pid_t tid : ThreadsOf(proc_fd, parent)) {
      const auto content = ReadAll(proc_fd, Path("{}/task/{}/children", parent, tid).get());
      if (!content) continue;
      std::string_view rest = *content;
      for (auto child = NextField(rest); !child.empty(); child = NextField(rest)) {
        found.push_back(ToNumber<pid_t>(child));
      }
    }
  };
  add_children(pid);
  for (std::size_t i = 0; i < found.size(); ++i) add_children(found[i]);
  return found;
}

}  // namespace sockspec
