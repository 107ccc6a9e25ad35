// What the tracer asks /proc.
#include "harness/trace/proc_questions.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <string_view>

#include "harness/base/owned_fd.h"
#include "harness/kernel/proc_file.h"

namespace sockspec {

bool IsThreadOf(int proc_fd, pid_t pid, pid_t tid) {
  return faccessat(proc_fd, fmt::format("{}/task/{}", pid, tid).c_str(), F_OK, 0) == 0;
}

std::string CommandName(int proc_fd, pid_t pid) {
  std::string name = ReadAll(proc_fd, fmt::format("{}/comm", pid).c_str()).value_or("");
  if (!name.empty() && name.back() == '\n') name.pop_back();
  return name;
}

int MachineOf(int proc_fd, pid_t pid) {
  const OwnedFd file(openat(proc_fd, fmt::format("{}/exe", pid).c_str(), O_RDONLY | O_CLOEXEC));
  Elf64_Half machine = 0;  // at the same place in 32-bit programs
  const auto offset = static_cast<off_t>(offsetof(Elf64_Ehdr, e_machine));
  if (file.empty() || pread(file.get(), &machine, sizeof machine, offset) != sizeof machine) {
    return -1;
  }
  return machine;
}

pid_t InnerPid(int proc_fd, pid_t pid) {
  const auto status = ReadAll(proc_fd, fmt::format("{}/status", pid).c_str());
  if (!status.has_value()) return 0;
  std::string_view rest = *status;
  while (!rest.empty()) {
    std::string_view line = NextLine(rest);
    if (!line.starts_with("NSpid:")) continue;
    pid_t inner = 0;
    NextField(line);
    while (!line.empty()) {
      const std::string_view field = NextField(line);
      std::from_chars(field.data(), field.data() + field.size(), inner);
    }
    return inner;
  }
  return 0;
}

}  // namespace sockspec
