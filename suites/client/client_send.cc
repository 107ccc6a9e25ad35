// What a client sends, where the service has it speak: write(2), XSH send(), RFC 862 and 863.
#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <string_view>

#include "harness/base/text.h"
#include "suites/client/client_evidence.h"

namespace sockspec {
namespace {

// More sends than these no client makes for one line, one for each byte included.
constexpr int kMostSends = 64;

// The runs.
constexpr int kOrdinary = 0;
constexpr int kShortOnce = 1;
constexpr int kShortTwice = 2;
constexpr int kInterrupted = 3;
constexpr int kOrdinaryAgain = 4;  // only where one of them differed

// On the sockets that may be connected to the endpoint, not on those of resolvers.
std::vector<Fault> OnSends(Transport transport, const std::vector<Fault>& wanted) {
  std::vector<Fault> faults;
  for (const int family : {AF_INET, AF_INET6, AF_UNIX}) {
    if ((family == AF_UNIX) != IsUnix(transport)) continue;
    for (Fault fault : wanted) {
      fault.call = CallClass::kSend;
      fault.role = SocketRole::kClient;
      fault.family = family;
      faults.push_back(fault);
    }
  }
  return faults;
}

std::vector<Fault> FaultsOf(int run, int n, Transport transport) {
  const Fault short_once{.first = n, .action = FaultAction::kShorten, .length = 1};
  const Fault short_again{.first = n + 1, .action = FaultAction::kShorten, .length = 3};
  if (run == kShortOnce) return OnSends(transport, {short_once});
  if (run == kShortTwice) return OnSends(transport, {short_once, short_again});
  if (run == kInterrupted) return OnSends(transport, {{.first = n, .error = EINTR}});
  return {};
}

SCENARIO(ClientSends, kClient,
         (Transports{Transport::kTcp4, Transport::kTcp6, Transport::kUnixStream}),
         "after an ordinary run, the n-th send of the client is cut to 1 byte; to 1 and the next "
         "one to 3 bytes; fails with EINTR, a launch each",
         .signal_actions = true, .sweep = kMostSends, .services = {"echo", "discard"}) {
  Listen();
  std::string ordinary;
  bool alike = true;
  for (int run = kOrdinary; run < kOrdinaryAgain || (run == kOrdinaryAgain && !alike); ++run) {
    Launch({.faults = FaultsOf(run, SweepStep(), transport())});
    Session session = Accept();
    session.Serve();
    WaitForExit();
    if (Running()) Kill();
    if (run == kOrdinary) ordinary = session.received();
    alike = alike && session.received() == ordinary;
  }
}

// What came from the client in that run.
std::string Sent(const std::vector<Conversation>& conversations, int run) {
  const std::optional<Conversation> session = SessionOf(conversations, run);
  return session ? session->received : "";
}

// What is wrong with what came in a run with a fault; empty: nothing.
std::string WrongSending(const std::vector<Conversation>& conversations, int run) {
  const std::string ordinary = Sent(conversations, kOrdinary);
  const std::string sent = Sent(conversations, run);
  if (sent == ordinary) return "";
  return fmt::format("sends {}, where it sends {} in an ordinary run",
                     sent.empty() ? "nothing" : Quote(sent), Quote(ordinary));
}

// It cannot be compared with an ordinary run.
bool DiffersBySelf(const std::vector<Conversation>& conversations) {
  return SessionOf(conversations, kOrdinaryAgain).has_value() &&
         Sent(conversations, kOrdinaryAgain) != Sent(conversations, kOrdinary);
}

constexpr const char* kNothing = "it sends nothing: it is given its standard input";
constexpr const char* kNoSend = "the program made no such send";
constexpr const char* kDiffers = "it sends something else in each run";

// WR-01: a short write is completed.
CHECK(ClientSends, "WR-01") {
  const std::vector<Conversation>& conversations = AllConversations();
  if (Sent(conversations, kOrdinary).empty()) Inconclusive(kNothing);
  if (FaultsIn(timeline(), kInterrupted).empty()) NotReached(kNoSend);
  std::string wrong;
  bool shortened = false, non_blocking = false, edge_triggered = false;
  for (const int index : CallIndices("*")) {
    if (!CallAt(index).injected) continue;
    non_blocking = non_blocking || CallAt(index).non_blocking;
    edge_triggered = edge_triggered || CallAt(index).edge_triggered;
  }
  for (const int run : {kShortOnce, kShortTwice}) {
    const std::vector<int> faults = FaultsIn(timeline(), run);
    Examine(faults);
    shortened = shortened || !faults.empty();
    if (wrong.empty() && !faults.empty()) wrong = WrongSending(conversations, run);
  }
  if (!shortened) NotApplicable("it sends one byte at a time");
  LevelHoldsIf(non_blocking || EintrCanHappen("write*") || EintrCanHappen("send*"),
               "its connection blocks and nothing interrupts it: a short line never is cut");
  if (!wrong.empty() && DiffersBySelf(conversations)) Inconclusive(kDiffers);
  if (!wrong.empty() && edge_triggered) {
    Inconclusive("its connection is watched edge-triggered, where a shortened send lies (F2)");
  }
  EXPECT_TRUE(wrong.empty()) << wrong << ", when a send was cut short";
}

// WR-02: EINTR from a send is retried without loss or duplication.
CHECK(ClientSends, "WR-02") {
  const std::vector<Conversation>& conversations = AllConversations();
  if (Sent(conversations, kOrdinary).empty()) Inconclusive(kNothing);
  const std::vector<int> faults = FaultsIn(timeline(), kInterrupted);
  Examine(faults);
  if (faults.empty()) NotReached(kNoSend);
  LevelHoldsIf(EintrCanHappen("write*") || EintrCanHappen("send*"),
               "no handler without SA_RESTART is installed, so that no send can be interrupted");
  const std::string wrong = WrongSending(conversations, kInterrupted);
  if (!wrong.empty() && DiffersBySelf(conversations)) Inconclusive(kDiffers);
  EXPECT_TRUE(wrong.empty()) << wrong << ", when a send was interrupted by a signal (EINTR)";
}

// WR-06: what it was given goes out, without the terminator of a string or the rest of a buffer.
CHECK(ClientExchange, "WR-06") {
  const std::string sent = TheConversation().received;
  if (sent.empty()) Inconclusive(kNothing);
  const std::size_t nul = sent.find('\0');
  if (nul == std::string::npos) return;
  const std::string_view input = subject().launch.standard_input.text;
  const std::string_view line = input.substr(0, input.find_first_of("\r\n"));
  if (line.empty() || input.find('\0') != std::string_view::npos || !sent.starts_with(line)) {
    NotApplicable("it sends other bytes than its standard input, which may well be binary");
  }
  ADD_FAILURE() << fmt::format("sends a NUL byte after {} bytes of text: {}", nul, Quote(sent));
}

}  // namespace
}  // namespace sockspec
