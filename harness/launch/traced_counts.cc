// traced_counts PROGRAM ARGUMENTS...: runs a program under the tracer, prints what it prints, and
// then what the tracer has counted of its successful calls on connections:
// "accept 6 connect 6 read 12 write 24". For programs that count the same themselves.
#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <string_view>

#include "harness/launch/traced_run.h"

namespace sockspec {
namespace {

// What a program would call it; empty for other calls.
std::string_view PlainName(const Call& call) {
  const auto begins = [&](std::string_view prefix) { return call.name.starts_with(prefix); };
  if (begins("accept")) return "accept";
  if (begins("connect")) return "connect";
  if (call.role != SocketRole::kConnection && call.role != SocketRole::kClient) return "";
  if (begins("read") || begins("recv")) return "read";
  if (begins("write") || begins("send")) return "write";
  return "";
}

int Run(const std::vector<std::string>& command) {
  TracedRun run(command[0], command, {}, false, -1);
  const int status = run.Finish();
  std::map<std::string_view, int> counts;
  for (const int index : run.timeline().OfKind(EventKind::kCall)) {
    const Call& call = run.At(index);
    const std::string_view name = PlainName(call);
    if (call.error == 0 && !name.empty()) ++counts[name];
  }
  std::vector<std::string> words;
  for (const auto& [name, count] : counts) words.push_back(fmt::format("{} {}", name, count));
  fmt::print("{}{}\n", run.Output(), fmt::join(words, " "));
  return status;
}

}  // namespace
}  // namespace sockspec

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: traced_counts PROGRAM ARGUMENTS...\n");
    return 2;
  }
  return sockspec::Run({argv + 1, argv + argc});
}
