// What every scenario shows of a client: no crash, no signals to strangers; signal(7), kill(2).
#include <fmt/format.h>

#include <csignal>

#include "harness/base/error.h"
#include "suites/client/client_evidence.h"

namespace sockspec {
namespace {

bool IsCrash(int signal) {
  return signal == SIGSEGV || signal == SIGABRT || signal == SIGBUS || signal == SIGFPE ||
         signal == SIGILL;
}

// DIA-04: no scenario ends the program by a crash.
CHECK(EveryClientScenario, "DIA-04") {
  for (std::size_t i = 0; i < timeline().size(); ++i) {
    const Event& event = timeline()[i];
    if (event.kind != EventKind::kExited && event.kind != EventKind::kProcessEnded) continue;
    Examine(static_cast<int>(i));
    if (!IsCrash(event.signal)) continue;
    // Several runtimes abort on purpose when a call fails that cannot fail.
    if (event.signal == SIGABRT && !FaultsIn(timeline(), event.run).empty()) {
      Inconclusive("it ended by SIGABRT after a fault that the harness had injected");
    }
    ADD_FAILURE() << fmt::format("crashes: {}", SignalName(event.signal));
  }
  if (!SawAllEnds()) Need("trace");
  // A program that still runs has not crashed.
  Examine(timeline().OfKind(EventKind::kLaunched));
}

// ROB-11: signals are sent to own processes alone.
CHECK(EveryClientScenario, "ROB-11") {
  Examine(timeline().OfKind(EventKind::kLaunched));
  constexpr std::int64_t kStranger = -2;
  for (const Call& call : Calls("*kill")) {
    if (call.number == 0) continue;  // asks whether a process exists
    const std::string signal = SignalName(call.number);
    EXPECT_TRUE(call.target != -1) << fmt::format("sends {} to every process: kill(-1)", signal);
    EXPECT_TRUE(call.target != 0) << fmt::format(
        "sends {} to its launcher's process group: kill(0)", signal);
    EXPECT_TRUE(call.target != kStranger)
        << fmt::format("sends {} to a process that is none of its own", signal);
  }
}

}  // namespace
}  // namespace sockspec
