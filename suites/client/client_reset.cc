// A connection that is reset in place of its end: RFC 9293 3.6, recv(2), unix(7); or that the
// client's own host ends: tcp_abort() in Linux's net/ipv4/tcp.c, ss(8).
#include <fmt/format.h>

#include <csignal>
#include <iterator>

#include "suites/client/client_evidence.h"

namespace sockspec {
namespace {

enum class Said { kHalf, kNothing, kAll };
enum class By { kServer, kHost };
struct Reset {
  const char* what;
  Said said;           // of the reply before
  bool may_be_missed;  // by a client that knows where the reply ends
  By by = By::kServer;
};
constexpr Reset kResets[] = {
    {"the connection was reset in mid-reply", Said::kHalf, false},
    {"the connection was reset before the reply", Said::kNothing, false},
    {"the connection was reset after the reply, instead of its end", Said::kAll, true},
    {"its host ended the connection in mid-reply (ECONNABORTED)", Said::kHalf, false, By::kHost}};

SCENARIO(ClientReset, kClient, kTcp,
         "the server resets the connection when the client has read half of the reply; in further "
         "runs nothing or all of it; in the last one the client's host ends it after half",
         .services = kReplying) {
  Listen();
  for (const Reset& reset : kResets) {
    Launch();
    Session session = Accept();
    if (reset.said == Said::kHalf) SayHalf(session, definition(), reply());
    if (reset.said == Said::kAll) {
      if (!definition().ServerSpeaksFirst()) session.ReadSome();
      session.Send(definition().ServerSpeaksFirst() ? reply() : session.received());
    }
    SettleInWait();
    if (reset.by == By::kHost) DestroyConnection(session);
    if (reset.by == By::kServer) session.Abort();
    WaitForExit();
    if (Running()) Kill();
  }
}

// Over UNIX sockets a reset is what becomes of input that the server has not read when it closes:
// it never happens to a client that sends nothing.
constexpr Said kLeaveInput[] = {Said::kHalf, Said::kNothing};

SCENARIO(ClientInputUnread, kClient, Transports{Transport::kUnixStream},
         "the server closes when it has sent one byte back, with the rest of the input unread; in "
         "a second run with all of it",
         .services = {"echo"}) {
  Listen();
  for (const Said said : kLeaveInput) {
    Launch();
    Session session = Accept();
    if (said == Said::kHalf) SayHalf(session, definition(), reply());
    SettleInWait();
    session.Abort();
    WaitForExit();
    if (Running()) Kill();
  }
}

// What came first: the reset, by which the client would have been woken, or that it ended by
// itself. kNeither: it did not, and was not reset.
enum class First { kReset, kEnd, kNeither };
First FirstOf(const Timeline& timeline, int run) {
  for (const Event& event : timeline.events()) {
    if (event.run != run) continue;
    // A fault of a connection: the host has ended it. Others tell of waits that were cut short.
    const bool destroyed = event.kind == EventKind::kFault && event.connection >= 0;
    if (event.kind == EventKind::kAborted || destroyed) return First::kReset;
    if (event.kind == EventKind::kExited) return First::kEnd;
    if (event.kind == EventKind::kStep && event.text == kCannotDestroy) return First::kNeither;
  }
  return First::kNeither;
}

bool SucceededBeforeReset(const Timeline& timeline, const ProgramEnd& end, int run) {
  return end.exited && end.signal == 0 && end.status == 0 && FirstOf(timeline, run) == First::kEnd;
}

// The host does not end connections, or the client had given this one up.
bool CouldNotBeEnded(const Timeline& timeline, const Reset& reset, int run) {
  return reset.by == By::kHost && FirstOf(timeline, run) == First::kNeither;
}

// Who is sending then may die of it.
std::string WrongEndByReset(const Timeline& timeline, const ProgramEnd& end, int run) {
  return end.signal == SIGPIPE ? "" : WrongFailure(timeline, end, run);
}

constexpr const char* kMissed = "the client had ended before it could notice that ";

// RD-05: a reset before the end of the stream is no success.
CHECK(ClientReset, "RD-05") {
  AllConversations();
  std::string missed;
  for (int run = 0; const Reset& reset : kResets) {
    const ProgramEnd end = End(run);
    if (SucceededBeforeReset(timeline(), end, run)) {
      if (!reset.may_be_missed) missed = reset.what;
    } else if (CouldNotBeEnded(timeline(), reset, run)) {
      Note("what it does when its host ends the connection was not seen: that could not be done");
    } else {
      const std::string wrong = WrongEndByReset(timeline(), end, run);
      EXPECT_TRUE(wrong.empty()) << wrong << ", though " << reset.what;
    }
    ++run;
  }
  if (!missed.empty() && !HasFailure()) Inconclusive(kMissed + missed);
}

// RD-05: likewise over UNIX sockets.
CHECK(ClientInputUnread, "RD-05") {
  AllConversations();
  for (int run = 0; run < static_cast<int>(std::size(kLeaveInput)); ++run) {
    const std::optional<Conversation> session = SessionOf(AllConversations(), run);
    if (!session) Inconclusive("the client did not connect");
    const ProgramEnd end = End(run);
    if (SucceededBeforeReset(timeline(), end, run)) {
      Inconclusive(std::string(kMissed) + "the connection was reset");
    }
    const std::string wrong = WrongEndByReset(timeline(), end, run);
    EXPECT_TRUE(wrong.empty())
        << wrong
        << fmt::format(", though the connection was reset when {} bytes had been sent back",
                       session->sent.size());
  }
}

// CLI-19: a reset is told on standard error.
CHECK(ClientReset, "CLI-19") {
  AllConversations();
  bool failed = false;
  for (int run = 0; const Reset& reset : kResets) {
    const ProgramEnd end = End(run);
    const bool in_vain = CouldNotBeEnded(timeline(), reset, run);  // it was killed for nothing
    if (end.signal == SIGPIPE) {
      failed = true;  // which the shell tells
    } else if (!in_vain && (!end.exited || end.status != 0)) {
      failed = true;
      EXPECT_TRUE(!ErrorOutput(run).empty())
          << "says nothing on standard error, though " << reset.what;
    }
    ++run;
  }
  if (!failed) Inconclusive("the client took each reset for a success");
}

// CLI-18: half a reply.
CHECK(ClientReset, "CLI-18") {
  if (subject().launch.output != OutputKind::kExact) {
    NotApplicable("the manifest says that the client prints more than what it receives");
  }
  for (int run = 0; const Reset& reset : kResets) {
    const std::optional<Conversation> session = SessionOf(AllConversations(), run);
    const std::string invented =
        InventedOutput(subject(), Output(run), session ? session->sent : "");
    EXPECT_TRUE(invented.empty()) << invented << "; " << reset.what;
    ++run;
  }
}

}  // namespace
}  // namespace sockspec
