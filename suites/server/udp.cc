// Datagram servers: udp(7), recvfrom(2), RFC 768, RFC 867 (UDP), unix(7).
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "harness/base/error.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

constexpr const char* kOtherIpv4 = "192.0.2.8";
constexpr const char* kOtherIpv6 = "fd00::8";
constexpr int kSmallServicePort = 7;
constexpr std::size_t kSizes[] = {1, 512, 1472, 9000, 65507};

// The parts of AwkwardDatagrams. Each begins and ends with an ordinary exchange, so that what goes
// wrong in one is not held against another.
constexpr std::string_view kInterleaved = "two clients ask before either is answered";
constexpr std::string_view kSmallService = "a request comes from port 7";
constexpr std::string_view kLarge = "requests of 1 to 65507 bytes";
constexpr std::string_view kEmpty = "a request without bytes";

SCENARIO(AwkwardDatagrams, kServer, kUdp,
         "two clients interleaved; a request from port 7; requests of 1 to 65507 bytes; an empty "
         "one; an ordinary exchange before and after each",
         .extra_addresses = {kOtherIpv4, kOtherIpv6}) {
  const auto begin = [this](std::string_view part) {
    // Where the part before has ended the program, it gets another chance.
    if (TakeSnapshot("alive").processes == 0) Start();
    Step(part);
    Exchange();
  };
  const auto ask = [](Client client, std::string_view request) {
    client.Send(request);
    client.ReadToEnd();
  };
  Start();

  begin(kInterleaved);
  Client one = OpenDatagram();
  Client other =
      OpenDatagram({.local_address = Family(transport()) == AF_INET6 ? kOtherIpv6 : kOtherIpv4});
  one.Send(kRequest);
  other.Send(kRequest);
  other.ReadToEnd();
  one.ReadToEnd();
  Exchange();

  begin(kSmallService);
  ask(OpenDatagram({.local_port = kSmallServicePort}), kRequest);
  Settle();
  Exchange();

  begin(kLarge);
  for (const std::size_t size : kSizes) ask(OpenDatagram(), std::string(size, 'x'));
  Settle();
  Exchange();

  begin(kEmpty);
  ask(OpenDatagram(), "");
  Settle();
  Exchange();
}

Fault DatagramFault(CallClass call, int error) {
  return {.call = call, .role = SocketRole::kDatagram, .error = error};
}

SCENARIO(DatagramReceiveError, kServer, kUdp,
         "a receive fails with ECONNREFUSED, as after an answer to a client that has gone") {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  Settle();  // or the fault would hit the look for another request that there is not
  Arm(DatagramFault(CallClass::kReceive, ECONNREFUSED));
  Exchange();
  Exchange();
  Exchange();
}

constexpr int kSendErrors[] = {EPERM, ENOBUFS};

SCENARIO(DatagramSendErrors, kServer, kUdp,
         "a send fails with EPERM, another with ENOBUFS; an ordinary client after each") {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  for (const int error : kSendErrors) {
    Arm(DatagramFault(CallClass::kSend, error));
    Exchange();
    DisarmFaults();
    Exchange();
  }
}

SCENARIO(UnnamedDatagrams, kServer, kUnixDatagrams,
         "a client without a name, which cannot be answered; then one with a name") {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  OpenDatagram({.unnamed = true}).Send(kRequest);
  Settle();
  Exchange();
}

constexpr std::size_t kOddSizes[] = {1, 512, 1472};

SCENARIO(
    OddDatagrams, kServer, kDatagrams,
    "requests of 1, 512 and 1472 bytes of noise, of NULs, and of one line without an end; then "
    "an ordinary one") {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  for (const std::size_t size : kOddSizes) {
    std::string noise;
    for (std::size_t i = 0; i < size; ++i) noise += static_cast<char>(i * 167 + (i >> 8));
    for (const std::string& request : {noise, std::string(size, '\0'), std::string(size, 'x')}) {
      Client client = OpenDatagram();
      client.Send(request);
      client.ReadToEnd();
    }
  }
  Settle();
  Exchange();
}

// ROB-04: nothing that a datagram may hold stops the service.
CHECK(OddDatagrams, "ROB-04") {
  const ReplyModel model = OrdinaryReply();
  const Conversation last = AllConversations().back();
  EXPECT_TRUE(model.Fits(last))
      << "stops serving after requests of noise, of NULs and of long lines: " << InWords(last);
}

// ECH-03: what comes back is what was sent ...
CHECK(OddDatagrams, "ECH-03") {
  if (TheConversation().DatagramsReceived().empty()) Inconclusive("it answers no ordinary request");
  for (const Conversation& conversation : AllConversations()) {
    for (const std::string& answer : conversation.DatagramsReceived()) {
      EXPECT_TRUE(answer == conversation.sent)
          << fmt::format("answers {} bytes with other {} bytes: {}", conversation.sent.size(),
                         answer.size(), InWords(conversation));
    }
  }
}

// GEN-03: at most 512 characters, once for each request.
CHECK(Exchanges, "GEN-03") {
  constexpr std::size_t kMost = 512;
  int judged = 0;
  for (const Conversation& conversation : AllConversations()) {
    const std::vector<std::string> answers = conversation.DatagramsReceived();
    if (answers.empty()) continue;
    ++judged;
    EXPECT_TRUE(answers.size() == 1) << fmt::format("answers a request with {} datagrams: {}",
                                                    answers.size(), InWords(conversation));
    EXPECT_TRUE(answers[0].size() <= kMost) << fmt::format(
        "answers with {} characters, where at most {} are allowed", answers[0].size(), kMost);
  }
  if (judged == 0) Inconclusive("no client got an answer");
}

// UDP-01: one answer to each request.
CHECK(Exchanges, "UDP-01") {
  std::vector<Conversation> all = AllConversations();
  if (all.size() < 2) Inconclusive("too few clients came");
  all.pop_back();  // after the stop signal
  for (const Conversation& conversation : all) {
    const std::size_t answers = conversation.DatagramsReceived().size();
    EXPECT_TRUE(answers == 1) << fmt::format(
        "answers a request with {} datagrams, not with one: {}", answers, InWords(conversation));
  }
}

// The conversations of one part, the exchange before it and the one after it among them; empty
// where the scenario did not get so far.
std::vector<Conversation> OfPart(const Timeline& timeline, const std::vector<Conversation>& all,
                                 std::string_view part) {
  constexpr std::string_view kParts[] = {kInterleaved, kSmallService, kLarge, kEmpty};
  int begin = -1, end = static_cast<int>(timeline.size());
  for (const int index : timeline.OfKind(EventKind::kStep)) {
    if (timeline[index].text == part) {
      begin = index;
    } else if (begin >= 0 && std::find(std::begin(kParts), std::end(kParts),
                                       timeline[index].text) != std::end(kParts)) {
      end = std::min(end, index);
    }
  }
  std::vector<Conversation> found;
  for (const Conversation& conversation : all) {
    const int first = conversation.events.front();
    if (begin >= 0 && first > begin && first < end) found.push_back(conversation);
  }
  return found;
}

// UDP-02: to the client that asked, from the service's port.
CHECK(AwkwardDatagrams, "UDP-02") {
  const std::vector<Conversation> part = OfPart(timeline(), AllConversations(), kInterleaved);
  if (part.size() < 3 || !Answered(part.front())) Inconclusive("it answers no ordinary request");
  for (const std::size_t i : {0, 1, 2}) {
    EXPECT_TRUE(Answered(part[i]))
        << fmt::format("sends nothing back to the address that asked: {}", InWords(part[i]));
    EXPECT_TRUE(part[i].DatagramsReceived().size() <= 1)
        << fmt::format("sends one client what another has asked for: {}", InWords(part[i]));
    for (const Datagram& datagram : part[i].datagrams) {
      EXPECT_TRUE(datagram.by_harness || PortOf(datagram.address) == subject().port)
          << fmt::format("answers from {}, which is not the port that was asked ({})",
                         datagram.address, subject().port);
    }
  }
}

// UDP-04: a request without bytes is one.
CHECK(AwkwardDatagrams, "UDP-04") {
  const std::vector<Conversation> part = OfPart(timeline(), AllConversations(), kEmpty);
  if (part.size() < 2 || !Answered(part.front())) Inconclusive("it answers no ordinary request");
  const std::string& service = subject().service;
  const bool owed = service == "daytime" || service == "time" || service == "qotd";
  if (!Answered(part[1])) {
    EXPECT_FALSE(owed) << "does not answer a request without bytes";
    if (!owed) Note("a request without bytes gets no answer");
  }
  EXPECT_TRUE(part.size() > 2 && Answered(part[2]))
      << "stops serving after a request without bytes";
}

// UDP-05: large requests do no harm.
CHECK(AwkwardDatagrams, "UDP-05") {
  const std::vector<Conversation> part = OfPart(timeline(), AllConversations(), kLarge);
  if (part.empty() || !Answered(part.front())) Inconclusive("it answers no ordinary request");
  constexpr std::size_t kSurelyWhole = 1472;  // one Ethernet frame (contested.md X-15)
  for (std::size_t i = 0; i < std::size(kSizes) && i + 1 < part.size(); ++i) {
    const std::vector<std::string> answers = part[i + 1].DatagramsReceived();
    EXPECT_TRUE(answers.size() <= 1)
        << fmt::format("answers a request of {} bytes {} times", kSizes[i], answers.size());
    if (subject().service != "echo" || kSizes[i] > kSurelyWhole) continue;
    EXPECT_TRUE(answers.size() == 1 && answers[0] == part[i + 1].sent)
        << fmt::format("does not echo a request of {} bytes unchanged", kSizes[i]);
  }
  EXPECT_TRUE(part.size() > std::size(kSizes) + 1 && Answered(part[std::size(kSizes) + 1]))
      << fmt::format("stops serving after requests of up to {} bytes: {}",
                     kSizes[std::size(kSizes) - 1], InWords(part.back()));
}

// UDP-13: no loop of answers with another small service.
CHECK(AwkwardDatagrams, "UDP-13") {
  const std::vector<Conversation> part = OfPart(timeline(), AllConversations(), kSmallService);
  if (part.size() < 2 || !Answered(part.front())) Inconclusive("it answers no ordinary request");
  const std::size_t answers = part[1].DatagramsReceived().size();
  EXPECT_TRUE(answers <= 1) << fmt::format("answers a request from port {} {} times",
                                           kSmallServicePort, answers);
  Note(answers == 0 ? "a request from port 7 gets no answer" : "a request from port 7 is answered");
}

// A datagram socket of the program that the kernel may tell of errors that its answers met.
bool LearnsOfErrors(const Timeline& timeline) {
  return !SelectCalls(timeline, [](const Call& call) {
            if (call.role != SocketRole::kDatagram || call.error != 0) return false;
            const bool asks = (call.option == "IP_RECVERR" || call.option == "IPV6_RECVERR") &&
                              !call.option_value.empty() && call.option_value[0] != 0;
            return asks || (call.name == "connect" && !call.address.starts_with("unspecified"));
          }).empty();
}

// UDP-06: an error on the socket does not end the service: on receiving ...
CHECK(DatagramReceiveError, "UDP-06") {
  CallIndices("re*");
  LevelHoldsIf(LearnsOfErrors(timeline()),
               "its socket is not connected and has no IP_RECVERR, so that Linux tells it of no "
               "such error");
  const ReplyModel model = OrdinaryReply();
  const std::vector<Conversation>& all = AllConversations();
  if (all.size() < kOrdinary + 2 || FaultsBefore(timeline(), all.back()).empty()) {
    Inconclusive("no receive of the program's could fail");
  }
  EXPECT_TRUE(model.Fits(all.back()))
      << "stops serving after a receive has failed with ECONNREFUSED: " << InWords(all.back());
}

// ... and on sending.
CHECK(DatagramSendErrors, "UDP-06") {
  CallIndices("send*");
  const ReplyModel model = OrdinaryReply();
  const std::vector<Conversation>& all = AllConversations();
  int judged = 0;
  for (std::size_t i = 0; i < std::size(kSendErrors); ++i) {
    const std::size_t after = kOrdinary + 2 * i + 1;
    if (after >= all.size()) break;
    const std::size_t faults = FaultsBefore(timeline(), all[after]).size();
    if (faults <= i) continue;
    ++judged;
    EXPECT_TRUE(model.Fits(all[after]))
        << fmt::format("stops serving after a send has failed with {}: {}",
                       ErrnoName(kSendErrors[i]), InWords(all[after]));
    if (!model.Fits(all[after])) return;
  }
  if (judged == 0 && !subject().definition.Replies()) NotApplicable("its service sends nothing");
  if (judged == 0) Inconclusive("no send of the program's could fail");
}

// UDP-07: neither listen() nor accept().
CHECK(Exchanges, "UDP-07") {
  CallIndices("bind");
  for (const char* name : {"listen", "accept*"}) {
    for (const Call& call : Calls(name, SocketRole::kDatagram)) {
      ADD_FAILURE() << fmt::format("calls {}() on its datagram socket{}", call.name,
                                   call.error == 0 ? "" : ": " + ErrnoName(call.error));
    }
  }
}

// UDP-12: the length of the address buffer is set before every receive.
CHECK(Exchanges, "UDP-12") {
  int judged = 0;
  for (const Call& call : Calls("recv*", SocketRole::kDatagram)) {
    if (call.injected || call.returned_length < 0) continue;
    ++judged;
    const int full = Family(transport()) == AF_INET6 ? static_cast<int>(sizeof(sockaddr_in6))
                                                     : static_cast<int>(sizeof(sockaddr_in));
    EXPECT_TRUE(call.address_length >= full)
        << fmt::format("passes {} bytes of room for the client's address to {}(), which takes {}",
                       call.address_length, call.name, full);
  }
  if (judged == 0) Inconclusive("it asks no receive for its clients' addresses");
}

// UNX-08: a client without a name does not stop the service.
CHECK(UnnamedDatagrams, "UNX-08") {
  const ReplyModel model = OrdinaryReply();
  const std::vector<Conversation>& all = AllConversations();
  if (all.size() < kOrdinary + 2) Inconclusive("the client with a name never came");
  EXPECT_TRUE(model.Fits(all.back()))
      << "stops serving after a datagram from a client without a name: " << InWords(all.back());
}

}  // namespace
}  // namespace sockspec
