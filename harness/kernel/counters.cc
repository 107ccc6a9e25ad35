// Counters of the network namespace that say why connections were reset or lost.
#include "harness/kernel/counters.h"

#include <cerrno>
#include <charconv>

#include "harness/base/error.h"
#include "harness/kernel/proc_file.h"

namespace sockspec {

TcpCounters ReadTcpCounters(int proc_fd) {
  constexpr const char* kPath = "thread-self/net/netstat";
  const auto content = ReadAll(proc_fd, kPath);
  if (!content) ThrowSystemError(ENOENT, fmt::format("openat({}, {})", proc_fd, kPath));
  TcpCounters counters;
  std::string_view rest = *content;
  while (!rest.empty()) {
    // Lines come in pairs: names, then values, both behind "TcpExt:".
    std::string_view names = NextLine(rest);
    std::string_view values = NextLine(rest);
    if (NextField(names) != "TcpExt:" || NextField(values) != "TcpExt:") continue;
    while (true) {
      const std::string_view name = NextField(names);
      const std::string_view value = NextField(values);
      if (name.empty() || value.empty()) break;
      std::int64_t* counter = name == "TCPAbortOnClose"   ? &counters.abort_on_close
                              : name == "TCPAbortOnData"  ? &counters.abort_on_data
                              : name == "ListenOverflows" ? &counters.listen_overflows
                                                          : nullptr;
      if (counter != nullptr) std::from_chars(value.data(), value.data() + value.size(), *counter);
    }
  }
  return counters;
}

}  // namespace sockspec
