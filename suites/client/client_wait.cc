// A client whose server is silent: it waits asleep, and can be told to leave; signal(7).
#include <fmt/format.h>

#include <csignal>
#include <iterator>

#include "suites/client/client_evidence.h"

namespace sockspec {
namespace {

// As a program is told on a terminal, and by kill(1) and service managers.
constexpr int kLeave[] = {SIGINT, SIGTERM};

SCENARIO(ClientSilence, kClient, kStreams,
         "the server is silent after half of its reply, until the client is sent SIGINT; in a "
         "second run it never says anything, until SIGTERM") {
  Listen();
  for (const int signal : kLeave) {
    Launch();
    Session session = Accept();
    if (signal == SIGINT) SayHalf(session, definition(), reply());
    Settle();
    if (Running()) {
      signal == SIGINT ? Interrupt() : Signal(signal);
      WaitForExit();
    }
    if (Running()) Kill();
    session.Close();
  }
}

// What kept that run from coming to rest before anything was sent to it; empty: nothing.
std::string Unrest(const Timeline& timeline, int run) {
  for (const Event& event : timeline.events()) {
    if (event.run != run) continue;
    if (event.kind == EventKind::kNotSettled) return event.text;
    if (event.kind == EventKind::kSettled) return "";
  }
  return "";
}

// CLI-20: while the server is silent the client sleeps, and signals end it.
CHECK(ClientSilence, "CLI-20") {
  AllConversations();
  for (int run = 0; const int signal : kLeave) {
    const std::string unrest = Unrest(timeline(), run);
    EXPECT_TRUE(unrest.empty()) << unrest << ", while the server is silent";
    EXPECT_TRUE(End(run).exited) << fmt::format("is not ended by {} while it waits for its server",
                                                signal == SIGINT ? "SIGINT" : "SIGTERM");
    ++run;
  }
}

// CLI-18: nothing is printed that was not received.
CHECK(ClientSilence, "CLI-18") {
  if (subject().launch.output != OutputKind::kExact) {
    NotApplicable("the manifest says that the client prints more than what it receives");
  }
  for (int run = 0; run < static_cast<int>(std::size(kLeave)); ++run) {
    const std::optional<Conversation> session = SessionOf(AllConversations(), run);
    const std::string invented =
        InventedOutput(subject(), Output(run), session ? session->sent : "");
    EXPECT_TRUE(invented.empty()) << invented << "; the server is silent";
  }
}

}  // namespace
}  // namespace sockspec
