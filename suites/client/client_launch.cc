// A client in unusual surroundings and with wrong arguments: socket(2), unix(7), write(2).
#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>

#include "harness/base/error.h"
#include "harness/base/text.h"
#include "suites/client/client_evidence.h"

namespace sockspec {
namespace {

constexpr const char* kFamilies[] = {"appletalk", "pup"};

SCENARIO(ClientUnsupportedFamilies, kClient, kAllTransports,
         "launched for AppleTalk, then for PUP: families that the host does not have") {
  Listen();
  for (const char* family : kFamilies) {
    Launch({.transport = family});
    Accept().Serve();
    WaitForExit();
    if (Running()) Kill();
  }
}

constexpr int kSocketErrors[] = {EMFILE, ENOBUFS};

SCENARIO(ClientSocketFails, kClient, kAllTransports,
         "every socket() fails, with EMFILE and then, in a second run, with ENOBUFS") {
  Listen();
  for (const int error : kSocketErrors) {
    Launch({.faults = {{.call = CallClass::kSocket, .count = -1, .error = error}}});
    Accept().Serve();
    WaitForExit();
    if (Running()) Kill();
  }
}

// Each of them is read as the server's own port by a program that truncates or stops early; but for
// -1, which becomes 65535.
std::vector<std::string> BadPortTexts(int port) {
  constexpr int kPorts = 65536;
  return {std::to_string(kPorts + port), "-1", fmt::format("{}x", port)};
}

SCENARIO(ClientBadPorts, kClient, kInternet,
         "launched with ports that are out of range or no numbers") {
  Listen();
  for (const std::string& port : BadPortTexts(port())) {
    Launch({.port = port});
    Accept().Serve();
    WaitForExit();
    if (Running()) Kill();
  }
}

struct DeadEnd {
  OutputEnd output;
  const char* why;
};
constexpr DeadEnd kDeadEnds[] = {
    {OutputEnd::kFull, "standard output could not be written (ENOSPC)"},
    {OutputEnd::kNoReader, "nobody reads its standard output any more (EPIPE)"}};

SCENARIO(ClientFullOutput, kClient, kAllTransports,
         "standard output is /dev/full, and in a second run a pipe without a reader") {
  Listen();
  for (const DeadEnd& end : kDeadEnds) {
    Launch({.output = end.output});
    Accept().Serve();
    WaitForExit();
    if (Running()) Kill();
  }
}

// Of clients that need no standard input.
SCENARIO(ClientClosedDescriptors, kClient, kAllTransports,
         "launched without descriptor 0, then without 0, 1 and 2", .services = kServerFirst) {
  Listen();
  for (const std::vector<int>& closed : {std::vector<int>{0}, std::vector<int>{0, 1, 2}}) {
    Launch({.closed = closed});
    Session session = Accept();
    // What it watches twice, since the connection has the number of its input, it then sees at
    // once.
    if (Running()) SettleInWait();
    session.Serve();
    WaitForExit();
    if (Running()) Kill();
  }
}

SCENARIO(ClientWrongUsage, kClient, kAllTransports,
         "launched without arguments, then with an option that no client has") {
  Listen();
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{}, std::vector<std::string>{"--no-such-option"}}) {
    Launch({.arguments = arguments});
    Accept().Serve();
    WaitForExit();
    if (Running()) Kill();
  }
}

// FAM-06 and FAM-07: refused with a message and a status other than 0, without a crash.
std::string WrongFamilyRefusal(const Timeline& timeline, const std::vector<Conversation>& sessions,
                               const ProgramEnd& end, const std::string& said, int run) {
  const std::string wrong = WrongRefusal(timeline, sessions, end, run);
  if (!wrong.empty()) return wrong;
  if (const std::string peer = OtherPeer(timeline, "", run); !peer.empty()) {
    return fmt::format("tries to connect to {} all the same", peer);
  }
  if (end.signal != 0) return fmt::format("is killed by {}", SignalName(end.signal));
  return said.empty() ? "says nothing on standard error" : "";
}

bool TakesFamily(const LaunchSpec& launch) {
  return launch.Mentions("family") || launch.Mentions("transport");
}

constexpr const char* kNoFamily = "the command takes neither {family} nor {transport}";

// FAM-06: an unsupported family is refused.
CHECK(ClientUnsupportedFamilies, "FAM-06") {
  if (!TakesFamily(subject().launch)) NotApplicable(kNoFamily);
  if (timeline().Has(Plane::kTrace)) {
    for (const Call& call : Calls("socket")) {
      if (call.family == AF_APPLETALK && call.error == 0) Inconclusive("this kernel has AppleTalk");
    }
  }
  const std::string wrong =
      WrongFamilyRefusal(timeline(), AllConversations(), End(0), ErrorOutput(0), 0);
  EXPECT_TRUE(wrong.empty()) << wrong << ", when told to use AppleTalk";
}

// FAM-07: PUP, which Linux never had, likewise, and it is not taken for IPX.
CHECK(ClientUnsupportedFamilies, "FAM-07") {
  if (!TakesFamily(subject().launch)) NotApplicable(kNoFamily);
  const std::string said = ErrorOutput(1);
  const std::string wrong = WrongFamilyRefusal(timeline(), AllConversations(), End(1), said, 1);
  EXPECT_TRUE(wrong.empty()) << wrong << ", when told to use PUP";
  EXPECT_TRUE(said.find("IPX") == std::string::npos)
      << "takes PUP for another family (its number is that of AF_IPX): " << Quote(said);
}

// DIA-03: such a failure gives a status from 1 to 255.
CHECK(ClientUnsupportedFamilies, "DIA-03") {
  if (!TakesFamily(subject().launch)) NotApplicable(kNoFamily);
  for (int run = 0; run < 2; ++run) {
    if (SessionOf(AllConversations(), run)) continue;  // nothing has failed: a matter of FAM-06
    const std::string wrong = WrongFailure(timeline(), End(run), run);
    EXPECT_TRUE(wrong.empty()) << wrong << ", when told to use " << kFamilies[run];
  }
}

// DIA-01: nor is its message on standard output.
CHECK(ClientUnsupportedFamilies, "DIA-01") {
  if (!TakesFamily(subject().launch)) NotApplicable(kNoFamily);
  if (subject().launch.output != OutputKind::kExact) {
    NotApplicable("the manifest says that the client prints more than what it receives");
  }
  for (int run = 0; run < 2; ++run) {
    if (SessionOf(AllConversations(), run)) continue;
    End(run);
    EXPECT_TRUE(Output(run).empty())
        << "prints on standard output, though nothing was received: " << Quote(Output(run));
  }
}

// FAM-10: a failing socket() ends the client; or it succeeds by other means.
CHECK(ClientSocketFails, "FAM-10") {
  for (int run = 0; run < 2; ++run) {
    const std::string after =
        fmt::format(", though socket() failed with {}", ErrnoName(kSocketErrors[run]));
    const std::vector<int> faults = FaultsIn(timeline(), run);
    Examine(faults);
    if (faults.empty()) Inconclusive("the program made no socket() call that could fail");
    if (SessionOf(AllConversations(), run)) {
      const std::string output = WrongOutput(subject(), Output(run), AllConversations(), run);
      EXPECT_TRUE(output.empty()) << output << after;
      continue;
    }
    const std::string wrong = WrongFailure(timeline(), End(run), run);
    EXPECT_TRUE(wrong.empty()) << wrong << after;
    for (const int index : CallIndices("connect")) {
      if (timeline()[index].run != run) continue;
      EXPECT_TRUE(CallAt(index).fd >= 0) << "goes on and calls connect(-1)" << after;
    }
  }
}

// BIND-13: ports that are none are rejected, never truncated.
CHECK(ClientBadPorts, "BIND-13") {
  if (!subject().launch.Mentions("port")) NotApplicable("the command takes no {port}");
  const std::vector<std::string> ports = BadPortTexts(subject().port);
  for (int run = 0; run < static_cast<int>(ports.size()); ++run) {
    const std::string wrong = WrongRefusal(timeline(), AllConversations(), End(run), run);
    EXPECT_TRUE(wrong.empty()) << fmt::format("{}, when told to use port \"{}\"", wrong,
                                              ports[run]);
    for (const int index : CallIndices("connect")) {
      const Call& call = CallAt(index);
      if (timeline()[index].run != run || call.role == SocketRole::kDatagram) continue;
      if (!SameEndpoint(call.address.substr(0, call.address.rfind(':')), subject().address)) {
        continue;
      }
      ADD_FAILURE() << fmt::format("connects to {}, when told to use port \"{}\"", call.address,
                                   ports[run]);
    }
  }
}

// CLI-15: a failure to write standard output is an error.
CHECK(ClientFullOutput, "CLI-15") {
  AllConversations();
  for (int run = 0; const DeadEnd& dead : kDeadEnds) {
    const ProgramEnd end = End(run);
    const std::string wrong = WrongFailure(timeline(), end, run);
    EXPECT_TRUE(wrong.empty() || end.signal == SIGPIPE) << wrong << ", though " << dead.why;
    ++run;
  }
}

// ROB-06: the client works without descriptors 0 to 2.
CHECK(ClientClosedDescriptors, "ROB-06") {
  const std::vector<Conversation>& sessions = AllConversations();
  const std::string end = WrongSuccess(timeline(), End(0), 0);
  EXPECT_TRUE(end.empty()) << end << " when descriptor 0 is closed at its start";
  const std::string output = WrongOutput(subject(), Output(0), AllConversations());
  EXPECT_TRUE(output.empty()) << output << ", when descriptor 0 is closed at its start";
  const std::optional<Conversation> bare = SessionOf(sessions, 1);
  if (!bare) {
    if (HasFailure()) return;
    Inconclusive("the program does not start without descriptors 0, 1 and 2");
  }
  // Over datagrams it has to ask: as it did before, and nothing else.
  const std::optional<Conversation> ordinary = SessionOf(sessions, 0);
  const bool asks = bare->by_datagrams && ordinary.has_value();
  EXPECT_TRUE(bare->received.empty() || (asks && bare->received == ordinary->received))
      << "writes into the connection what was meant for standard output or error, when "
         "descriptors 0 to 2 are closed at its start: "
      << Quote(bare->received);
}

// DIA-05: wrong usage prints a usage text on standard error, fails, and connects to nothing.
CHECK(ClientWrongUsage, "DIA-05") {
  if (!subject().launch.claims.usage_check) {
    NotApplicable("the manifest does not claim usage-check");
  }
  constexpr const char* kWrong[] = {"without arguments", "with --no-such-option"};
  for (int run = 0; run < 2; ++run) {
    const std::string wrong = WrongFailure(timeline(), End(run), run);
    EXPECT_TRUE(wrong.empty()) << fmt::format("{}, when launched {}", wrong, kWrong[run]);
    EXPECT_FALSE(SessionOf(AllConversations(), run).has_value())
        << fmt::format("connects, when launched {}", kWrong[run]);
    const std::string peer = OtherPeer(timeline(), "", run);
    EXPECT_TRUE(peer.empty()) << fmt::format("tries to connect to {}, when launched {}", peer,
                                             kWrong[run]);
    EXPECT_TRUE(!ErrorOutput(run).empty())
        << fmt::format("says nothing on standard error, when launched {}", kWrong[run]);
  }
}

}  // namespace
}  // namespace sockspec
