// Closing a client's descriptor: close(2).
#include <fmt/format.h>

#include <cerrno>
#include <set>
#include <utility>

#include "suites/client/client_evidence.h"

namespace sockspec {
namespace {

SCENARIO(ClientCloseInterrupted, kClient, kStreams,
         "close() of the client's connection closes it and reports EINTR") {
  Listen();
  Launch({.faults = {{.call = CallClass::kClose,
                      .role = SocketRole::kClient,
                      .action = FaultAction::kAfter,
                      .error = EINTR}}});
  Accept().Serve();
  WaitForExit();
}

// CLS-14: an interrupted close is not repeated on the same number.
CHECK(ClientCloseInterrupted, "CLS-14") {
  const std::vector<int> closes = CallIndices("close");
  TheConversation();
  int interrupted = -1;
  for (const int index : closes) {
    if (CallAt(index).injected) interrupted = index;
  }
  if (interrupted < 0) NotApplicable("the client leaves closing its connection to its exit");
  const Event& first = timeline()[interrupted];
  bool given_away = false;  // another thread has got the number since
  for (const int index : CallIndices("*")) {
    if (index <= interrupted) continue;
    const Event& event = timeline()[index];
    if (event.process != first.process) continue;
    const Call& call = *event.call;
    if (call.error == 0 && call.result == first.call->fd && call.name != "close") {
      given_away = event.thread != first.thread;
    }
    if (call.name != "close" || call.fd != first.call->fd || event.thread != first.thread) continue;
    if (call.error == EBADF) {
      Note(fmt::format("closes descriptor {} again after EINTR: harmless this time (EBADF)",
                       call.fd));
    }
    EXPECT_FALSE(given_away) << fmt::format(
        "closes descriptor {} again after EINTR, when another thread had been given that number",
        call.fd);
    return;
  }
}

// CLS-16: nothing is done on a descriptor after it has been closed.
CHECK(ClientExchange, "CLS-16") {
  TheConversation();
  std::set<std::pair<int, int>> closed;  // process, descriptor
  const std::vector<int> calls = CallIndices("*");
  for (const int index : calls) {
    const Event& event = timeline()[index];
    const Call& call = *event.call;
    const auto key = std::pair(event.process, call.fd);
    if (call.name == "close" && call.error == 0) closed.insert(key);
    if (call.error == EBADF && !call.injected && closed.contains(key)) {
      ADD_FAILURE() << fmt::format(
          "calls {}() on descriptor {}, which it had closed before (EBADF)", call.name, call.fd);
    }
  }
  if (calls.empty()) Inconclusive("no call on a socket was seen");
}

}  // namespace
}  // namespace sockspec
