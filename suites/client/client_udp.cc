// Clients that ask by datagram: udp(7), connect(2), RFC 867 and 868 (UDP).
#include <fmt/format.h>
#include <sys/socket.h>

#include "harness/base/text.h"
#include "suites/client/client_evidence.h"

namespace sockspec {
namespace {

constexpr std::size_t kAnswerSizes[] = {30, 511};

// The time's answer has but one size, the echo's that of the request.
bool HasOwnSize(const std::string& service) { return service == "time" || service == "echo"; }

SCENARIO(ClientAnswerSizes, kClient, kDatagrams, "answers of 30 and of 511 bytes, a launch each",
         .services = kReplying) {
  Listen();
  for (const std::size_t size : kAnswerSizes) {
    Launch();
    if (HasOwnSize(service())) {
      Accept().Serve();
    } else {
      ServeText(Accept(), ReplyOfSize(size));
    }
    WaitForExit();
    if (Running()) Kill();
  }
}

SCENARIO(ClientLostAnswer, kClient, kDatagrams, "the server takes requests and never answers") {
  Listen();
  Launch();
  Session session = Accept();
  for (int i = 1; i < kEndless && Running(); ++i) session.ReadToEnd();
  if (Running()) SettleInWait();
}

// A client that awaits no answer may be gone before it could be told.
SCENARIO(ClientNobodyThere, kClient, kDatagrams, "nobody receives where the client sends to",
         .services = kReplying) {
  Launch();
  WaitForExit();
}

constexpr std::string_view kForeign = "this is not the answer\n";
constexpr const char* kForeignIpv4 = "192.0.2.8";
constexpr const char* kForeignIpv6 = "fd00::8";

SCENARIO(ClientForeignAnswer, kClient, kUdp,
         "before the server answers, others do: from another port, and from another address",
         .extra_addresses = {kForeignIpv4, kForeignIpv6}, .services = kReplying) {
  const bool v6 = transport() == Transport::kUdp6;
  Listen();
  Launch();
  Session session = Accept();
  if (!session.connected()) return;
  Client of_port = OpenDatagram({.local_address = address()});
  of_port.SendInsteadOf(session, kForeign);
  SettleInWait();
  Client of_address =
      OpenDatagram({.local_address = v6 ? kForeignIpv6 : kForeignIpv4, .local_port = port()});
  of_address.SendInsteadOf(session, kForeign);
  SettleInWait();
  session.Serve();
  WaitForExit();
}

// Indices of the timed waits of that run that were ended as if their time had passed.
std::vector<int> EndedWaits(const Timeline& timeline, int run = 0) {
  return timeline.Find([run](const Event& event) {
    return event.kind == EventKind::kFault && event.run == run &&
           event.text.starts_with("the time-out of ");
  });
}

// UDP-08: it asks, and prints the whole answer.
CHECK(ClientAnswerSizes, "UDP-08") {
  if (Decodes(subject())) NotApplicable("the manifest says that the client decodes the answer");
  const std::vector<Conversation>& sessions = AllConversations();
  for (int run = 0; run < static_cast<int>(std::size(kAnswerSizes)); ++run) {
    const std::optional<Conversation> session = SessionOf(sessions, run);
    if (!session) {
      ADD_FAILURE() << "sends no request: "
                    << (End(run).exited ? "it ends" : WhyNotEnded(timeline(), run));
      return;
    }
    if (session->sent.empty()) Inconclusive("it cannot be answered: it has no name");
    const std::string wrong = WrongOutput(subject(), Output(run), session->sent);
    EXPECT_TRUE(wrong.empty()) << wrong
                               << fmt::format(", sent an answer of {} bytes", session->sent.size());
  }
}

// UDP-09: a lost answer does not hang it.
CHECK(ClientLostAnswer, "UDP-09") {
  const Conversation session = TheConversation();
  const std::size_t requests = session.DatagramsReceived().size();
  if (requests >= kEndless) {
    ADD_FAILURE() << fmt::format("asks {} times and goes on, when nobody answers", requests);
    return;
  }
  const std::string wrong = WrongFailure(timeline(), End());
  EXPECT_TRUE(wrong.empty()) << wrong << ", when nobody answers";
  if (wrong.empty() && ErrorOutput().empty()) Note("it says nothing on standard error; see CLI-19");
}

// UDP-10: an unreachable port is told at once.
CHECK(ClientNobodyThere, "UDP-10") {
  const std::vector<int> ended = EndedWaits(timeline());
  Examine(ended);
  const std::string wrong = WrongFailure(timeline(), End());
  EXPECT_TRUE(wrong.empty()) << wrong << ", though nobody receives at that port";
  EXPECT_TRUE(ended.empty()) << "learns by its time-out alone that nobody receives at that port";
  EXPECT_TRUE(!ErrorOutput().empty())
      << "says nothing on standard error when nobody receives at that port";
}

// UDP-11: what others send is not taken for the answer.
CHECK(ClientForeignAnswer, "UDP-11") {
  const Conversation session = TheConversation();
  if (session.sent.empty()) {
    EXPECT_TRUE(Output().find(kForeign) == std::string::npos)
        << "takes a datagram of another source for the answer: it prints " << Quote(Output());
    if (HasFailure()) return;
    Inconclusive("it had ended before the server answered");
  }
  EXPECT_TRUE(Output().find(kForeign.substr(0, kForeign.size() - 1)) == std::string::npos)
      << "takes a datagram of another source for the answer: it prints " << Quote(Output());
  const std::string wrong = WrongOutput(subject(), Output(), AllConversations());
  EXPECT_TRUE(wrong.empty()) << wrong << ", after datagrams from other sources";
}

// CLI-18: nothing is printed that was not received: no answer.
CHECK(ClientLostAnswer, "CLI-18") {
  if (subject().launch.output != OutputKind::kExact) {
    NotApplicable("the manifest says that the client prints more than what it receives");
  }
  TheConversation();
  const std::string invented = InventedOutput(subject(), Output(), "");
  EXPECT_TRUE(invented.empty()) << invented << "; nobody answered";
}

// CLI-19: a client that fails says why.
CHECK(ClientNobodyThere, "CLI-19") {
  End();
  EXPECT_TRUE(!ErrorOutput().empty())
      << "says nothing on standard error when nobody receives where it sends to";
}

// DIA-01: not on standard output.
CHECK(ClientNobodyThere, "DIA-01") {
  if (subject().launch.output != OutputKind::kExact) {
    NotApplicable("the manifest says that the client prints more than what it receives");
  }
  End();
  EXPECT_TRUE(Output().empty()) << "prints on standard output, though nothing was received: "
                                << Quote(Output());
}

// DIA-03: a status from 1 to 255.
CHECK(ClientNobodyThere, "DIA-03") {
  const ProgramEnd end = End();
  if (!end.exited) Inconclusive("it has not ended; see UDP-09");
  EXPECT_THAT(end, ExitedWithFailure());
}

}  // namespace
}  // namespace sockspec
