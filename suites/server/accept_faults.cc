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

// In the order of their weight: a program that an error ends may be unable to start again at once.
// The last three on TCP alone.
constexpr int kErrors[] = {ECONNABORTED, EINTR, EAGAIN, EPROTO, EHOSTUNREACH, ENETUNREACH};
constexpr int kNetworkErrors[] = {EPROTO, EHOSTUNREACH, ENETUNREACH};
constexpr const char* kInterruptedWait = "EINTR in a wait for clients";
constexpr const char* kFailingFork = "EAGAIN in a fork";

// More calls than these no client causes: an accept() that takes it and one that finds no other, or
// the same in each of some workers; a wait for each thing that happens to it.
constexpr int kMostCalls = 24;

SCENARIO(AcceptErrors, kServer, kStreams,
         "the n-th accept() that a client causes fails, each time with another error; in the end "
         "the n-th wait for clients with EINTR, and the n-th fork with EAGAIN; after each an "
         "ordinary client",
         .signal_actions = true, .sweep = kMostCalls) {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  // False where the program can not be had any more.
  const auto part = [&](std::string_view name, Fault fault) {
    Step(PartStep(name));
    fault.first = SweepStep();
    Settle();  // or a fault would be counted from what is left to do for the client before
    Arm(fault);
    Exchange();
    Settle();
    DisarmFaults();
    return Exchange().Answered() || Relaunch();
  };
  for (const int error : kErrors) {
    if (IsUnix(transport()) && std::ranges::count(kNetworkErrors, error) > 0) continue;
    if (!part(ErrnoName(error), AcceptFault(error))) return;
  }
  const Fault wait{.call = CallClass::kWait, .role = SocketRole::kListener, .error = EINTR};
  if (!part(kInterruptedWait, wait)) return;
  part(kFailingFork, {.call = CallClass::kFork, .error = EAGAIN});
}

SCENARIO(AcceptFatal, kServer, kStreams, "accept() fails with EBADF for ever") {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  Settle();  // what it still does for the client before may fail as well, and is no spin
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

constexpr const char* kNoCall = "accept() was not called again before the next client came";

// The client that takes the fault, and the one after it.
constexpr std::size_t kBoth = 2;

// What is wrong with the service after the fault of that part; empty where nothing is.
std::string WrongAfter(const Part& part, const ReplyModel& model, std::string_view fault) {
  const Conversation& after = part.conversations[1];
  if (model.Fits(after)) return "";
  return fmt::format("stops serving after {}: {}", fault, InWords(after));
}

std::string Failed(int error) { return "accept() has failed with " + ErrnoName(error); }

// ACC-05: ECONNABORTED does not end the service.
CHECK(AcceptErrors, "ACC-05") {
  const std::optional<Part> part = FaultedPart(timeline(), "ECONNABORTED", kBoth);
  if (!part.has_value()) NotReached(kNoCall);
  Examine(part->faults);
  Examine(part->conversations[1].events);
  const std::string wrong = WrongAfter(*part, OrdinaryReply(), Failed(ECONNABORTED));
  EXPECT_TRUE(wrong.empty()) << wrong;
}

// ACC-06: EINTR does not end the service, be it from accept() or from the wait before it.
CHECK(AcceptErrors, "ACC-06") {
  const std::optional<Part> in_accept = FaultedPart(timeline(), "EINTR", kBoth);
  const std::optional<Part> in_wait = FaultedPart(timeline(), kInterruptedWait, kBoth);
  if (!in_accept.has_value() && !in_wait.has_value()) NotReached(kNoCall);
  const ReplyModel model = OrdinaryReply();
  std::string wrong;
  bool can_happen = false;
  const auto judge = [&](const Part& part, std::string_view fault) {
    Examine(part.faults);
    Examine(part.conversations[1].events);
    const std::string found = WrongAfter(part, model, fault);
    const bool possible = EintrCanHappen(CallAt(part.faults.front()).name);
    // Of two faults that it does not survive the one that can happen weighs more.
    if (!found.empty() && (wrong.empty() || possible)) {
      wrong = found;
      can_happen = possible;
    } else if (wrong.empty()) {
      can_happen = can_happen || possible;
    }
  };
  if (in_accept.has_value()) judge(*in_accept, Failed(EINTR));
  if (in_wait.has_value()) {
    judge(*in_wait, CallAt(in_wait->faults.front()).name + "() has failed with EINTR");
  }
  LevelHoldsIf(
      can_happen,
      "no handler without SA_RESTART is installed, so that accept() cannot be interrupted");
  EXPECT_TRUE(wrong.empty()) << wrong;
}

// ACC-09: an accept() that finds nothing neither ends nor blocks the service.
CHECK(AcceptErrors, "ACC-09") {
  bool non_blocking = false, edge_triggered = false;
  for (const Call& call : Calls("accept*", SocketRole::kListener)) {
    non_blocking = non_blocking || call.non_blocking;
    edge_triggered = edge_triggered || call.edge_triggered;
  }
  if (!non_blocking) NotApplicable("its listener blocks");
  if (edge_triggered) NotApplicable("its listener is watched edge-triggered (rule F2)");
  const std::optional<Part> part = FaultedPart(timeline(), "EAGAIN", kBoth);
  if (!part.has_value()) NotReached(kNoCall);
  Examine(part->faults);
  Examine(part->conversations[1].events);
  const std::string wrong = WrongAfter(*part, OrdinaryReply(), Failed(EAGAIN));
  EXPECT_TRUE(wrong.empty()) << wrong;
}

// ACC-10: pending network errors are treated like EAGAIN.
CHECK(AcceptErrors, "ACC-10") {
  int judged = 0;
  for (const int error : kNetworkErrors) {
    const std::optional<Part> part = FaultedPart(timeline(), ErrnoName(error), kBoth);
    if (!part.has_value()) continue;  // it could not be had any more, or accepts no more
    ++judged;
    Examine(part->faults);
    Examine(part->conversations[1].events);
    const std::string wrong = WrongAfter(*part, OrdinaryReply(), Failed(error));
    EXPECT_TRUE(wrong.empty()) << wrong;
  }
  if (judged == 0) NotReached(kNoCall);
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

// ACC-20: a fork that fails costs that client alone.
CHECK(AcceptErrors, "ACC-20") {
  const std::vector<int> forks = TasksStarted(timeline(), Tasks::kProcesses);
  const std::optional<Part> part = FaultedPart(timeline(), kFailingFork, kBoth);
  if (forks.empty() && !part.has_value()) NotApplicable("it never forks");
  if (!part.has_value()) NotReached("it did not fork for that client");
  Examine(part->faults);
  Examine(part->conversations[1].events);
  const std::string wrong = WrongAfter(*part, OrdinaryReply(), "fork() has failed with EAGAIN");
  EXPECT_TRUE(wrong.empty()) << wrong;
}

// Rule F5. Of a program that was seen to spin, other calls may be among the thousand.
int Spin(const Timeline& timeline) {
  constexpr int kSpin = 1000;
  return timeline.OfKind(EventKind::kNotSettled).empty() ? kSpin : kSpin / 10;
}

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
  EXPECT_TRUE(failing < Spin(timeline())) << fmt::format(
      "spins while it has no descriptor: {} or more accepts fail with EMFILE, with no wait between "
      "them",
      failing);
}

// ACC-11: a fatal error ends the program instead of looping.
CHECK(AcceptFatal, "ACC-11") {
  CallIndices("accept*");
  const int failing = MostFailing(timeline(), EBADF);
  if (failing == 0) Inconclusive("accept() was not called again");
  EXPECT_TRUE(failing < Spin(timeline())) << fmt::format(
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
CHECK(AcceptErrors, "ACC-18") {
  CallIndices("accept*");
  if (JudgeFailedAccepts(timeline()) == 0) NotReached("no accept() failed");
}

CHECK(OutOfDescriptors, "ACC-18") {
  CallIndices("accept*");
  if (JudgeFailedAccepts(timeline()) == 0) Inconclusive("no accept() failed");
}

}  // namespace
}  // namespace sockspec
