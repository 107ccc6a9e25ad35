// Clients and circumstances that a server must survive.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "harness/base/error.h"
#include "harness/base/text.h"
#include "harness/testbed/datetime.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

// How a client leaves before the server has accepted it.
enum class Leaving { kReset, kFinAndReset, kFin };
constexpr Leaving kLeavings[] = {Leaving::kReset, Leaving::kFinAndReset, Leaving::kFin};
constexpr int kOfEach = 16;
constexpr int kBatch = 8;

std::string InWords(Leaving leaving) {
  switch (leaving) {
    case Leaving::kReset:
      return "clients have reset their connections before accept()";
    case Leaving::kFinAndReset:
      return "clients have closed and then reset their connections before accept()";
    default:
      return "clients have closed or half-closed their connections before accept()";
  }
}

void Leave(Client client, Leaving leaving, bool half) {
  if (leaving == Leaving::kReset) return client.Abort();
  if (leaving == Leaving::kFin && !half) return client.Close();
  client.HalfClose();
  // After a FIN the reset is EPIPE for the server, not ECONNRESET: SIGPIPE.
  if (leaving == Leaving::kFinAndReset) client.Abort();
}

SCENARIO(RudeClients, kServer, kStreams,
         "clients are gone before the server accepts them: 16 by RST, 16 by FIN and RST, 16 by FIN "
         "or half-closed; after each kind an ordinary one") {
  Start(WithQueue(launch()));
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  const int of_each = std::min(kOfEach, std::max(1, Bounded(launch(), 3 * kOfEach) / 3));
  for (const Leaving leaving : kLeavings) {
    for (int i = 0; i < of_each;) {
      const int begin = i;
      Signal(SIGSTOP);
      for (; i < std::min(of_each, begin + kBatch); ++i) {
        Client client = Connect({.wait = false});
        if (!client.connected()) {  // the queue takes no more
          client.Close();
          break;
        }
        // Where the server may go on sending, one that has ended its side only has not left.
        const bool half = i % 2 == 1 && !definition().Endless() && !definition().own;
        Leave(client, leaving, half);
      }
      Signal(SIGCONT);
      Settle();
      if (i == begin) break;  // nor will it ever
    }
    if (leaving == Leaving::kFin) TakeSnapshot("after rude clients");
    Step(InWords(leaving));
    Exchange();
  }
}

// The ordinary client after those that left in this way.
std::optional<Conversation> After(const Timeline& timeline, const std::vector<Conversation>& all,
                                  Leaving leaving) {
  const std::vector<int> steps = timeline.Find([&](const Event& event) {
    return event.kind == EventKind::kStep && event.text == InWords(leaving);
  });
  if (steps.empty()) return std::nullopt;
  for (const Conversation& conversation : all) {
    if (conversation.events.front() > steps.front()) return conversation;
  }
  return std::nullopt;
}

SCENARIO(UnexpectedInput, kServer, kStreams,
         "clients send 1 MiB of noise, 64 KiB of NULs and a line of 64 KiB") {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  constexpr std::pair<Filler, int> kInputs[] = {
      {Filler::kNoise, kNoise}, {Filler::kNuls, 1 << 16}, {Filler::kOneLine, 1 << 16}};
  for (const auto& [filler, bytes] : kInputs) {
    Client client = Connect();
    client.SendFiller(bytes, filler);
    if (filler == Filler::kOneLine) client.Send("\r\n");
    if (filler == Filler::kNoise) {
      Settle();
      TakeSnapshot("after the noise");
    }
    client.Finish();
    Settle();
  }
  Exchange();
}

SCENARIO(StopAndContinue, kServer, kAllTransports,
         "stopped and continued five times while idle, and while a client waits") {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  for (int i = 0; i < 5; ++i) {
    Signal(SIGSTOP);
    Signal(SIGCONT);
    Settle();
  }
  Signal(SIGSTOP);
  Client client = Connect();
  Signal(SIGCONT);
  client.Converse();
  client.Finish();
  Exchange();
}

SCENARIO(StdinClosed, kServer, kAllTransports, "launched with descriptor 0 closed") {
  Launch({.closed = {0}});
  Exchange();
}

SCENARIO(NoStdio, kServer, kAllTransports, "launched with descriptors 0, 1 and 2 closed") {
  Launch({.closed = {0, 1, 2}});
  Exchange();
}

// Fails where the last client is not served.
void ExpectLastServed(const std::vector<Conversation>& all, const ReplyModel& model,
                      std::string_view after_what) {
  EXPECT_TRUE(model.Fits(all.back()))
      << fmt::format("stops serving after {}: {}", after_what, InWords(all.back()));
}

// ACC-12: clients that connect and reset at once do not stop the service.
CHECK(RudeClients, "ACC-12") {
  const ReplyModel model = OrdinaryReply();
  const std::vector<Conversation>& all = AllConversations();
  const std::optional<Conversation> after = After(timeline(), all, Leaving::kReset);
  if (!after.has_value()) Inconclusive("no client came after those that reset");
  if (LooksRateLimited(*after, after->connection)) Inconclusive("rate limit? (rule F8)");
  EXPECT_TRUE(model.Fits(*after)) << fmt::format("stops serving after {}: {}",
                                                 InWords(Leaving::kReset), InWords(*after));
}

// WR-04: writing to a connection that its client has left does not stop the service.
CHECK(RudeClients, "WR-04") {
  const ReplyModel model = OrdinaryReply();
  int broken = 0;
  bool pipe_is_last = false;  // its last send failed with EPIPE: it may have died of that
  const bool traced = timeline().Has(Plane::kTrace);
  for (const int index : traced ? SelectCalls(timeline(), IsSend) : std::vector<int>()) {
    pipe_is_last = CallAt(index).error == EPIPE;
    if (CallAt(index).error != EPIPE && CallAt(index).error != ECONNRESET) continue;
    ++broken;
    Examine(index);
  }
  const std::vector<Conversation>& all = AllConversations();
  // On TCP the reset alone is another requirement's; a UNIX socket gives EPIPE at once.
  for (const Leaving leaving : {Leaving::kReset, Leaving::kFinAndReset}) {
    const std::optional<Conversation> after = After(timeline(), all, leaving);
    if (!after.has_value()) Inconclusive("no client came after those that left");
    if (model.Fits(*after)) continue;
    if (LooksRateLimited(*after, after->connection)) Inconclusive("rate limit? (rule F8)");
    if (leaving == Leaving::kReset && !IsUnix(transport()) && !pipe_is_last) {
      Inconclusive("it stops serving after a mere reset; see ACC-12");
    }
    ADD_FAILURE() << fmt::format("stops serving after {}: {}", InWords(leaving), InWords(*after));
    return;
  }
  if (traced && broken == 0) Note("it never wrote to a connection that its client had left");
}

// ROB-03: clients that connect and leave, in whatever way, do no harm.
CHECK(RudeClients, "ROB-03") {
  const ReplyModel model = OrdinaryReply();
  const std::vector<Conversation>& all = AllConversations();
  EXPECT_THAT(End(), DidNotCrash());
  for (const Leaving leaving : kLeavings) {
    const std::optional<Conversation> after = After(timeline(), all, leaving);
    if (!after.has_value()) Inconclusive("no client came after those that left");
    if (model.Fits(*after)) continue;
    if (LooksRateLimited(*after, after->connection)) Inconclusive("rate limit? (rule F8)");
    ADD_FAILURE() << fmt::format("stops serving after {}: {}", InWords(leaving), InWords(*after));
    return;
  }
}

// CLS-08: connections that the client has ended do not stay.
CHECK(RudeClients, "CLS-08") {
  const ReplyModel model = OrdinaryReply();
  const std::vector<Conversation>& all = AllConversations();
  if (!model.Fits(all.back())) Inconclusive("it has stopped serving before");
  std::vector<SocketRow> kept;
  for (const SocketRow& row : OwnConnections(SnapshotAt("after rude clients"))) {
    if (IsUnix(transport()) || row.state == "CLOSE_WAIT") kept.push_back(row);
  }
  constexpr std::size_t kLazy = 2;  // some close when the next client comes
  EXPECT_TRUE(kept.size() <= kLazy) << fmt::format(
      "keeps {} connections open that their clients have left: {}", kept.size(), Listing(kept));
}

// ROB-04: unexpected input does not stop the service.
CHECK(UnexpectedInput, "ROB-04") {
  const std::vector<Conversation>& all = AllConversations();
  if (all.size() < 2) Inconclusive("too few clients came");
  EXPECT_THAT(End(), DidNotCrash());
  ExpectLastServed(all, OrdinaryReply(), "a client has sent input that it does not expect");
}

// ROB-05: being stopped and continued does no harm.
CHECK(StopAndContinue, "ROB-05") {
  const std::vector<Conversation>& all = AllConversations();
  if (all.size() < 2) Inconclusive("too few clients came");
  const Conversation* left = FirstWithoutReply(all, OrdinaryReply());
  EXPECT_TRUE(left == nullptr) << "does not serve after it was stopped and continued: "
                               << (left == nullptr ? "" : InWords(*left));
}

// ROB-06: it works with descriptor 0 closed ...
CHECK(StdinClosed, "ROB-06") {
  if (!Served() && End().exited) Inconclusive("it refuses to start with descriptor 0 closed");
  const Conversation conversation = TheConversation();
  EXPECT_TRUE(Reached(conversation))
      << "does not serve when descriptor 0 was closed at its start: " << InWords(conversation);
}

// ... and with 0 to 2 closed no text of its own gets onto the wire.
CHECK(NoStdio, "ROB-06") {
  if (!Served() && End().exited) Inconclusive("it refuses to start with descriptors 0-2 closed");
  const Conversation conversation = TheConversation();
  EXPECT_TRUE(Reached(conversation))
      << "does not serve when descriptors 0-2 were closed at its start: " << InWords(conversation);
  if (!Reached(conversation)) return;
  if (subject().service != "daytime") {
    EXPECT_TRUE(Answered(conversation))
        << "sends something else than its reply when descriptors 0-2 were closed at its start: "
        << InWords(conversation);
    return;
  }
  const std::string& reply = conversation.received;
  const auto lines = std::count(reply.begin(), reply.end(), '\n');
  if (ReadStatedTime(reply).empty()) Inconclusive("the date's format is not understood");
  EXPECT_TRUE(lines <= 1 || reply.front() == '\n')
      << "sends more than its reply when descriptors 0-2 were closed at its start: "
      << Quote(reply);
}

// ROB-09: idle means idle.
CHECK(Exchanges, "ROB-09") {
  Examine(timeline().OfKind(EventKind::kSettled));
  for (const int index : timeline().OfKind(EventKind::kNotSettled)) {
    Examine(index);
    if (DeadlineReached()) Inconclusive("the watchdog ended the wait for it");
    ADD_FAILURE() << "does not rest when there is nothing to do: " << timeline()[index].text;
    return;
  }
  if (!timeline().Has(Plane::kTrace)) Need("kernel");
  if (!timeline().OfKind(EventKind::kAsleep).empty()) Need("trace");
  if (timeline().OfKind(EventKind::kSettled).empty()) Inconclusive("it was never waited for");
}

constexpr std::int64_t kOutsideProgram = -2;  // Call::target

// ROB-11: signals are sent to own children alone.
CHECK(EveryServerScenario, "ROB-11") {
  Examine(timeline().OfKind(EventKind::kLaunched));
  for (const int index : CallIndices("*kill")) {
    const Call& call = CallAt(index);
    if (call.number == 0) continue;  // asks whether it lives
    const bool everybody = call.target == 0 || call.target == -1;
    if (everybody) {
      bool leads = false;
      for (const char* name : {"setsid", "setpgid"}) {
        for (const int own : timeline().Calls(name)) {
          leads = leads || (own < index && timeline()[own].call->error == 0);
        }
      }
      EXPECT_TRUE(leads && call.target == 0) << fmt::format(
          "sends {} to {}, not to a child of its own", SignalName(call.number),
          call.target == 0 ? "its whole process group, which it does not lead" : "every process");
    }
    EXPECT_TRUE(call.target != kOutsideProgram)
        << fmt::format("sends {} to a process that is none of its own", SignalName(call.number));
  }
}

}  // namespace
}  // namespace sockspec
