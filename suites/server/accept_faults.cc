// Errors of accept(): XSH accept() ERRORS, accept(2) "Error handling". After the
// ordinary clients one takes the fault and is not judged; the client after it must be served.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/base/error.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

Fault AcceptFault(int error) {
  return {.call = CallClass::kAccept, .role = SocketRole::kListener, .error = error};
}

SCENARIO(AcceptAborted, kServer, kStreams, "one accept() fails with ECONNABORTED") {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  Arm(AcceptFault(ECONNABORTED));
  Exchange();
  Settle();
  Exchange();
}

SCENARIO(AcceptInterrupted, kServer, kStreams, "one accept() fails with EINTR") {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  Arm(AcceptFault(EINTR));
  Exchange();
  Settle();
  Exchange();
}

SCENARIO(AcceptWithoutClient, kServer, kStreams, "one accept() fails with EAGAIN") {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  Arm(AcceptFault(EAGAIN));
  Exchange();
  Settle();
  Exchange();
}

constexpr int kNetworkErrors[] = {EPROTO, EHOSTUNREACH, ENETUNREACH};

SCENARIO(AcceptNetworkErrors, kServer, kTcp,
         "accept() fails with EPROTO, then EHOSTUNREACH, then ENETUNREACH, each once") {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  for (const int error : kNetworkErrors) {
    Arm(AcceptFault(error));
    Exchange();
    Settle();
    DisarmFaults();
    Exchange();
  }
}

SCENARIO(AcceptFatal, kServer, kStreams, "accept() fails with EBADF for ever") {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  Fault fault = AcceptFault(EBADF);
  fault.count = -1;
  Arm(fault);
  Client client = Connect();
  SettleInWait();
  client.Close();
}

SCENARIO(
    OutOfDescriptors, kServer, kStreams,
    "two clients come while the server has no descriptor left; then it has, and one more comes") {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  Settle();
  LimitOpenFiles(true);
  // A blocked accept() has its descriptor already: the first client is still served.
  Client first = Connect();
  SettleInWait();
  Client second = Connect();
  SettleInWait();
  LimitOpenFiles(false);
  Step("descriptors are free again");
  Settle();
  first.Close();
  second.Close();
  Exchange();
}

// Fails where the client after the fault is not served.
void ExpectServedAfter(const Conversation& after, const ReplyModel& model, int error) {
  EXPECT_TRUE(model.Fits(after)) << fmt::format(
      "stops serving after accept() has failed with {}: {}", ErrnoName(error), InWords(after));
}

// ACC-05: ECONNABORTED does not end the service.
CHECK(AcceptAborted, "ACC-05") {
  const Conversation after = TheConversation(kOrdinary + 1);
  const std::vector<int> faults = FaultsBefore(timeline(), after);
  if (faults.empty()) Inconclusive("accept() was not called again before the next client came");
  Examine(faults);
  ExpectServedAfter(after, OrdinaryReply(), ECONNABORTED);
}

// ACC-06: EINTR does not end the service.
CHECK(AcceptInterrupted, "ACC-06") {
  LevelHoldsIf(
      EintrCanHappen("accept*"),
      "no handler without SA_RESTART is installed, so that accept() cannot be interrupted");
  const Conversation after = TheConversation(kOrdinary + 1);
  const std::vector<int> faults = FaultsBefore(timeline(), after);
  if (faults.empty()) Inconclusive("accept() was not called again before the next client came");
  Examine(faults);
  ExpectServedAfter(after, OrdinaryReply(), EINTR);
}

// ACC-09: an accept() that finds nothing neither ends nor blocks the service.
CHECK(AcceptWithoutClient, "ACC-09") {
  bool non_blocking = false, edge_triggered = false;
  for (const Call& call : Calls("accept*", SocketRole::kListener)) {
    non_blocking = non_blocking || call.non_blocking;
    edge_triggered = edge_triggered || call.edge_triggered;
  }
  if (!non_blocking) NotApplicable("its listener blocks");
  if (edge_triggered) NotApplicable("its listener is watched edge-triggered (rule F2)");
  const Conversation after = TheConversation(kOrdinary + 1);
  const std::vector<int> faults = FaultsBefore(timeline(), after);
  if (faults.empty()) Inconclusive("accept() was not called again before the next client came");
  Examine(faults);
  ExpectServedAfter(after, OrdinaryReply(), EAGAIN);
}

// ACC-10: pending network errors are treated like EAGAIN.
CHECK(AcceptNetworkErrors, "ACC-10") {
  const ReplyModel model = OrdinaryReply();
  std::size_t faults_so_far = 0;
  int judged = 0;
  for (int i = 0; i < 3; ++i) {
    const Conversation after = TheConversation(kOrdinary + 1 + 2 * i);
    const std::vector<int> faults = FaultsBefore(timeline(), after);
    if (faults.size() == faults_so_far) continue;  // it had died before, or accepted no more
    faults_so_far = faults.size();
    ++judged;
    Examine(faults);
    ExpectServedAfter(after, model, kNetworkErrors[i]);
  }
  if (judged == 0) Inconclusive("accept() was not called again before the next client came");
}

// Failing accepts of the thread that has most of them, with that errno.
int MostFailing(const Timeline& timeline, int error) {
  std::map<int, int> failing;  // by thread
  int most = 0;
  for (const int index : timeline.Calls("accept*")) {
    const Event& event = timeline[index];
    if (event.call->error == error) most = std::max(most, ++failing[event.thread]);
  }
  return most;
}

constexpr int kSpin = 1000;  // rule F5

// ACC-07: exhausted descriptors are survived.
CHECK(OutOfDescriptors, "ACC-07") {
  int refused = 0;
  for (const int index : CallIndices("accept*")) {
    const Call& call = CallAt(index);
    refused += call.error == EMFILE || call.error == ENFILE ? 1 : 0;
  }
  if (refused == 0) Inconclusive("no accept() ran out of descriptors");
  const Conversation after = TheConversation(kOrdinary + 2);
  EXPECT_TRUE(OrdinaryReply().Fits(after)) << fmt::format(
      "does not serve again once descriptors are free, after accept() has failed with EMFILE: {}",
      InWords(after));
}

// ACC-08: it does not spin while accept() keeps failing.
CHECK(OutOfDescriptors, "ACC-08") {
  CallIndices("accept*");
  const int failing = MostFailing(timeline(), EMFILE);
  if (failing == 0) Inconclusive("no accept() ran out of descriptors");
  EXPECT_TRUE(failing < kSpin) << fmt::format(
      "spins while it has no descriptor: {} or more accepts fail with EMFILE, with no wait between "
      "them",
      failing);
}

// ACC-11: a fatal error ends the program instead of looping.
CHECK(AcceptFatal, "ACC-11") {
  CallIndices("accept*");
  const int failing = MostFailing(timeline(), EBADF);
  if (failing == 0) Inconclusive("accept() was not called again");
  EXPECT_TRUE(failing < kSpin) << fmt::format(
      "spins: {} or more accepts fail with EBADF, with no wait between them", failing);
}

// What follows a failed accept() until the same thread's next one and must not: a child, or a call
// on descriptor -1. The index of the event, or -1.
int WrongAfterFailure(const Timeline& timeline, int failed) {
  const Event& failure = timeline[failed];
  for (int i = failed + 1; i < static_cast<int>(timeline.size()); ++i) {
    const Event& event = timeline[i];
    if (event.run != failure.run) continue;
    if (event.kind == EventKind::kProcessStarted && event.number == failure.process &&
        (event.text == "fork" || event.text == "vfork")) {
      return i;
    }
    if (event.kind != EventKind::kCall) continue;
    const Call& call = *event.call;
    if (IsAccept(call) && event.thread == failure.thread) return -1;
    // A thread started for nothing shows by what it does: the failed result is its descriptor. That
    // it closes it too harms nobody.
    const bool on_descriptor =
        IsSend(call) || IsReceive(call) || call.name == "shutdown" || call.name == "setsockopt";
    if (on_descriptor && call.fd == -1) return i;
  }
  return -1;
}

// Fails where any failed accept() was followed by a child or a call on descriptor -1; returns how
// many failed.
int JudgeFailedAccepts(const Timeline& timeline) {
  int judged = 0;
  for (const int index : timeline.Calls("accept*")) {
    const Call& call = *timeline[index].call;
    if (call.error == 0 || call.error == EAGAIN) continue;
    ++judged;
    const int wrong = WrongAfterFailure(timeline, index);
    if (wrong < 0) continue;
    ADD_FAILURE() << fmt::format(
        "goes on as if there were a client after accept() has failed "
        "with {}: {}",
        ErrnoName(call.error), Describe(timeline[wrong]));
    return judged;
  }
  return judged;
}

// ACC-18: a failed accept() starts no child and touches no descriptor -1.
CHECK(AcceptAborted, "ACC-18") {
  CallIndices("accept*");
  if (JudgeFailedAccepts(timeline()) == 0) Inconclusive("no accept() failed");
}

CHECK(OutOfDescriptors, "ACC-18") {
  CallIndices("accept*");
  if (JudgeFailedAccepts(timeline()) == 0) Inconclusive("no accept() failed");
}

}  // namespace
}  // namespace sockspec
