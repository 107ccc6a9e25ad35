// Clients and circumstances that a server must survive.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "harness/base/error.h"
#include "harness/base/text.h"
#include "suites/server/datetime.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

constexpr int kRude = 48;

SCENARIO(RudeClients, kServer, kStreams,
         "48 clients are gone, by RST, FIN and RST, or FIN, or have half-closed, before the server "
         "accepts them; then one stays") {
  Start(WithQueue(launch()));
  Exchange();
  const int clients = Bounded(launch(), kRude);
  const int batch = std::min(QueueRoom(launch()), 8);
  bool serves = true;
  for (int i = 0; i < clients && serves;) {
    Signal(SIGSTOP);
    for (int end = std::min(clients, i + batch); i < end && serves; ++i) {
      Client client = Connect();
      serves = client.connected();
      if (!serves) break;
      switch (i % 4) {
        case 0:
          client.Abort();
          break;
        case 1:  // after a FIN the reset is EPIPE, not ECONNRESET, for the server: SIGPIPE
          client.HalfClose();
          client.Abort();
          break;
        case 2:
          client.Close();
          break;
        default:
          client.HalfClose();
      }
    }
    Signal(SIGCONT);
    Settle();
  }
  TakeSnapshot("after rude clients");
  Exchange();
}

SCENARIO(UnexpectedInput, kServer, kStreams,
         "clients send 1 MiB of noise, 64 KiB of NULs and a line of 64 KiB") {
  Start();
  Exchange();
  std::string noise(1 << 20, '\0');
  std::uint32_t state = 1;
  for (char& byte : noise) {
    state = state * 1664525 + 1013904223;  // the same noise in every run
    byte = static_cast<char>(state >> 24);
  }
  for (const std::string& input :
       {noise, std::string(1 << 16, '\0'), std::string(1 << 16, 'A') + "\r\n"}) {
    Client client = Connect();
    client.Send(input);
    client.ReadToEnd();
    client.Close();
    Settle();
  }
  Exchange();
}

SCENARIO(StopAndContinue, kServer, kStreams,
         "stopped and continued five times while idle, and while a client waits") {
  Start();
  Exchange();
  for (int i = 0; i < 5; ++i) {
    Signal(SIGSTOP);
    Signal(SIGCONT);
    Settle();
  }
  Signal(SIGSTOP);
  Client client = Connect();
  Signal(SIGCONT);
  client.ReadToEnd();
  client.Close();
  Exchange();
}

SCENARIO(StdinClosed, kServer, kStreams, "launched with descriptor 0 closed") {
  Launch({.closed = {0}});
  Exchange();
}

SCENARIO(NoStdio, kServer, kStreams, "launched with descriptors 0, 1 and 2 closed") {
  Launch({.closed = {0, 1, 2}});
  Exchange();
}

// Fails where the last client is not served.
void ExpectLastServed(const std::vector<Conversation>& all, const std::string& model,
                      std::string_view after_what) {
  EXPECT_TRUE(SameShape(all.back().received, model))
      << fmt::format("stops serving after {}: {}", after_what, InWords(all.back()));
}

// ACC-12: clients that connect and reset at once do not stop the service.
CHECK(RudeClients, "ACC-12") {
  const std::vector<Conversation> all = AllConversations();
  if (all.size() < 2) Inconclusive("too few clients came");
  if (LooksRateLimited(all.back(), all.size() - 1)) Inconclusive("rate limit? (rule F8)");
  ExpectLastServed(all, FirstReply(), "clients have reset their connections before accept()");
}

// ROB-03: clients that connect and leave do no harm.
CHECK(RudeClients, "ROB-03") {
  const std::vector<Conversation> all = AllConversations();
  if (all.size() < 2) Inconclusive("too few clients came");
  if (LooksRateLimited(all.back(), all.size() - 1)) Inconclusive("rate limit? (rule F8)");
  EXPECT_THAT(End(), DidNotCrash());
  ExpectLastServed(all, FirstReply(), "clients have connected and left");
}

// CLS-08: connections that the client has ended do not stay.
CHECK(RudeClients, "CLS-08") {
  const std::vector<Conversation> all = AllConversations();
  if (all.size() < 2) Inconclusive("too few clients came");
  std::vector<SocketRow> kept;
  for (const SocketRow& row : OwnConnections(SnapshotAt("after rude clients"))) {
    if (IsUnix(transport()) || row.state == "CLOSE_WAIT") kept.push_back(row);
  }
  EXPECT_TRUE(kept.empty()) << fmt::format(
      "keeps {} connections open that their clients have left: {}", kept.size(), Listing(kept));
}

// ROB-04: unexpected input does not stop the service.
CHECK(UnexpectedInput, "ROB-04") {
  const std::vector<Conversation> all = AllConversations();
  if (all.size() < 2) Inconclusive("too few clients came");
  EXPECT_THAT(End(), DidNotCrash());
  ExpectLastServed(all, FirstReply(), "a client has sent input that it does not expect");
}

// ROB-05: being stopped and continued does no harm.
CHECK(StopAndContinue, "ROB-05") {
  const std::vector<Conversation> all = AllConversations();
  if (all.size() < 2) Inconclusive("too few clients came");
  const Conversation* left = FirstWithoutReply(all, FirstReply());
  EXPECT_TRUE(left == nullptr) << "does not serve after it was stopped and continued: "
                               << (left == nullptr ? "" : InWords(*left));
}

// ROB-06: it works with descriptor 0 closed ...
CHECK(StdinClosed, "ROB-06") {
  if (!Served() && End().exited) Inconclusive("it refuses to start with descriptor 0 closed");
  const Conversation conversation = TheConversation();
  EXPECT_TRUE(!conversation.received.empty())
      << "does not serve when descriptor 0 was closed at its start: " << InWords(conversation);
}

// ... and with 0 to 2 closed no text of its own gets onto the wire.
CHECK(NoStdio, "ROB-06") {
  if (!Served() && End().exited) Inconclusive("it refuses to start with descriptors 0-2 closed");
  const Conversation conversation = TheConversation();
  EXPECT_TRUE(!conversation.received.empty())
      << "does not serve when descriptors 0-2 were closed at its start: " << InWords(conversation);
  if (conversation.received.empty() || subject().service != "daytime") return;
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
