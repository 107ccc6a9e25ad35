// Accepting: accept(2), XSH accept(), fork(2).
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <map>

#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

constexpr int kTogether = 8;

SCENARIO(
    Together, kServer, kStreams,
    "eight clients, or as many as its queue takes, connect while the server is stopped, so that it "
    "finds them all at once; each new thread or child begins only when the server has gone as far "
    "as it can without it") {
  Start(WithQueue(launch()));
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  const int clients = Bounded(launch(), kTogether);
  Signal(SIGSTOP);
  std::vector<Client> together;
  for (int i = 0; i < clients; ++i) {
    Client client = Connect({.wait = false});
    if (!client.connected()) {  // the queue takes no more
      client.Close();
      break;
    }
    together.push_back(client);
  }
  Arm({.call = CallClass::kTask, .count = -1, .action = FaultAction::kHold});
  Signal(SIGCONT);
  for (SettleInWait(); HoldsAny(); SettleInWait()) Release();
  DisarmFaults();
  for (Client& client : together) {
    client.Converse();
    client.Finish();
  }
  Settle();
}

// ACC-01: each connection is served on the descriptor that accept() returned.
CHECK(Exchanges, "ACC-01") {
  const ReplyModel model = FirstReply();
  for (const Conversation& conversation : BeforeStop(timeline(), AllConversations())) {
    if (!conversation.connected) continue;
    EXPECT_THAT(conversation, ReceivedReplyLike(model));
  }
}

// ACC-03: accept() gets NULL and NULL, or a buffer whose length is set before every call.
CHECK(Exchanges, "ACC-03") {
  const std::vector<int> accepts = CallIndices("accept*");
  if (accepts.empty()) Inconclusive("no accept() was seen");
  constexpr int kAbsurd = 65536;
  std::map<int, int> first_length;  // by thread
  for (const int index : accepts) {
    const Call& call = CallAt(index);
    if (call.address_null) continue;
    EXPECT_FALSE(call.length_null) << "passes an address buffer to accept() without its length";
    if (call.length_null) continue;
    EXPECT_TRUE(call.address_length >= 0 && call.address_length <= kAbsurd)
        << fmt::format("passes an uninitialised length to accept(): {}", call.address_length);
    const int thread = timeline()[index].thread;
    const auto [first, inserted] = first_length.try_emplace(thread, call.address_length);
    if (call.error != 0 || call.returned_length <= call.address_length) continue;
    EXPECT_TRUE(inserted || call.address_length >= first->second) << fmt::format(
        "passes the length that the last accept() left ({} instead of {}), so that an address of "
        "{} bytes is cut",
        call.address_length, first->second, call.returned_length);
    if (call.address_length == first->second) {
      Note(fmt::format("passes {} bytes for an address of {}, which is cut", call.address_length,
                       call.returned_length));
    }
  }
}

// ACC-13: an iterative server serves in the order of arrival.
CHECK(Together, "ACC-13") {
  const std::vector<int> accepts = CallIndices("accept*");
  if (!subject().launch.claims.iterative) {
    if (!TasksStarted(timeline(), Tasks::kProcessesAndThreads).empty()) {
      NotApplicable("it serves its clients in processes or threads of their own");
    }
    std::set<int> threads;
    for (const int index : accepts) {
      if (CallAt(index).non_blocking) NotApplicable("it waits for readiness");
      threads.insert(timeline()[index].thread);
    }
    for (const int index : SelectCalls(timeline(), IsSend)) {
      if (CallAt(index).role == SocketRole::kConnection) threads.insert(timeline()[index].thread);
    }
    if (threads.size() > 1) NotApplicable("several threads serve");
  }
  std::vector<int> served;
  for (const int index : SelectCalls(timeline(), IsSend)) {
    const Call& call = CallAt(index);
    if (call.connection < kOrdinary || call.role != SocketRole::kConnection) continue;
    if (std::find(served.begin(), served.end(), call.connection) == served.end()) {
      served.push_back(call.connection);
      Examine(index);
    }
  }
  if (served.size() < 2) Inconclusive("the trace shows too few replies to tell their order");
  EXPECT_TRUE(std::is_sorted(served.begin(), served.end()))
      << fmt::format("serves clients that came in order as {}", fmt::join(served, ", "));
}

// ACC-15: programs that the server executes do not inherit its sockets.
CHECK(Exchanges, "ACC-15") {
  const std::vector<int> ready = timeline().OfKind(EventKind::kReady);
  int judged = 0;
  for (const int index : timeline().OfKind(EventKind::kExecuted)) {
    if (ready.empty() || index < ready.front()) continue;
    ++judged;
    Examine(index);
    const Event& executed = timeline()[index];
    EXPECT_TRUE(executed.number == 0) << fmt::format(
        "executes {} with {} of its own sockets still open", executed.text, executed.number);
  }
  if (judged == 0) NotApplicable("it executes no other program");
}

// ACC-17: clients that come together get one whole reply each.
CHECK(Together, "ACC-17") {
  const ReplyModel model = OrdinaryReply();
  std::vector<Conversation> all = AllConversations();
  std::erase_if(all, HadNoRoom);
  if (all.size() < kOrdinary + 2) Inconclusive("its queue takes too few clients");
  const bool closes = ProgramEnded(all.front());  // if not, that is CLS-01's
  for (const Conversation& conversation : all) {
    EXPECT_THAT(conversation, ReceivedReplyLike(model));
    if (closes) {
      EXPECT_THAT(conversation, EndedByProgram());
    }
  }
}

// ACC-19: a child that has served its client ends.
CHECK(Exchanges, "ACC-19") {
  if (timeline().Has(Plane::kTrace)) {
    Examine(TasksStarted(timeline(), Tasks::kProcesses));
    if (TasksStarted(timeline(), Tasks::kProcesses).empty()) NotApplicable("it never forks");
  }
  if (subject().launch.claims.workers) NotApplicable("its workers stay by declaration");
  const Snapshot before = SnapshotAt("ready"), after = SnapshotAt("after exchanges");
  EXPECT_TRUE(after.processes <= before.processes)
      << fmt::format("keeps {} processes once all clients have left, where it began with {}",
                     after.processes, before.processes);
}

}  // namespace
}  // namespace sockspec
