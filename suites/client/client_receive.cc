// What a client makes of the stream: read(2), recv(2), RFC 9293 3.6 and 3.7.
#include <fmt/format.h>

#include <cerrno>
#include <iterator>
#include <numeric>

#include "harness/base/error.h"
#include "harness/base/text.h"
#include "suites/client/client_evidence.h"

namespace sockspec {
namespace {

SCENARIO(ClientBytewise, kClient, kStreams,
         "the reply comes byte by byte, each when the client has taken the one before",
         .services = kReplying) {
  Listen();
  Launch();
  Session session = Accept();
  if (definition().ServerSpeaksFirst()) {
    for (const char byte : reply()) {
      if (session.ended()) break;
      session.Send(std::string(1, byte));
      SettleInWait();
    }
  } else {
    while (SendBackOneByte(session)) SettleInWait();
  }
  ServeText(session, "");
  WaitForExit();
}

// A launch each: one byte, what just fills a buffer at the end, and more than any read returns.
constexpr std::size_t kSizes[] = {1, 512, 4096, 1 << 20};
constexpr int kSizeCount = std::size(kSizes);
// What a client that is limited to one line must take.
constexpr std::size_t kLongestLine = 512;
// Around the sizes that buffers have: in one last launch each is what a single read returns.
constexpr std::size_t kPieces[] = {63,  64,  65,  127,  128,  129,  255,  256,  257,
                                   511, 512, 513, 1023, 1024, 1025, 4095, 4096, 4097};

std::string ReplyOfPieces() {
  return ReplyOfSize(std::accumulate(std::begin(kPieces), std::end(kPieces), std::size_t{0}));
}

SCENARIO(ClientReplySizes, kClient, kStreams,
         "replies of 1 byte to 1 MiB, then one in pieces of the sizes that buffers have",
         .services = kServerFirst) {
  Listen();
  if (service() == "time") {  // its reply has but one size
    Launch();
    Accept().Serve();
    WaitForExit();
    return;
  }
  for (const std::size_t size : kSizes) {
    if (launch().claims.one_line && size > kLongestLine) return;
    Launch();
    ServeText(Accept(), ReplyOfSize(size));
    WaitForExit();
    if (Running()) Kill();
  }
  Launch();
  Session session = Accept();
  const std::string whole = ReplyOfPieces();
  std::size_t from = 0;
  for (const std::size_t size : kPieces) {
    if (session.ended()) break;
    session.Send(whole.substr(from, size));
    SettleInWait();
    from += size;
  }
  ServeText(session, "");
  WaitForExit();
}

// A client may read byte by byte.
constexpr int kMostReads = 64;

SCENARIO(ClientReadInterrupted, kClient, kStreams,
         "the n-th read of the connection and the one after it report EINTR",
         .signal_actions = true, .sweep = kMostReads) {
  Listen();
  Launch({.faults = {{.call = CallClass::kReceive,
                      .role = SocketRole::kClient,
                      .first = SweepStep(),
                      .count = 2,
                      .error = EINTR}}});
  Accept().Serve();
  WaitForExit();
}

// Twice, so that no value comes last.
std::string AllByteValues() {
  std::string bytes;
  for (int i = 0; i < 2 * 256; ++i) bytes += static_cast<char>(i % 256);
  return bytes;
}

SCENARIO(ClientAllBytes, kClient, kAllTransports, "the reply holds every byte value, twice",
         .services = kServerFirst) {
  Listen();
  Launch();
  ServeText(Accept(), AllByteValues());
  WaitForExit();
}

SCENARIO(ClientNoReply, kClient, kStreams, "the server closes without having sent anything") {
  Listen();
  Launch();
  ServeText(Accept(), "");
  WaitForExit();
}

constexpr std::int64_t kKibibyte = 1 << 10;
constexpr std::int64_t kMebibyte = 1 << 20;
// Each part is as long as all before it, and one part more is sent only if memory has grown by half
// of the last: a client that streams is done after two, a garbage collector may take its time.
constexpr std::int64_t kParts[] = {256 * kKibibyte, 512 * kKibibyte, 1 * kMebibyte,
                                   2 * kMebibyte,   4 * kMebibyte,   8 * kMebibyte,
                                   16 * kMebibyte,  32 * kMebibyte};
bool GrowsWithReply(std::int64_t grown, std::int64_t received) { return grown >= received / 2; }
std::string AfterPart(std::size_t part) { return fmt::format("after part {}", part + 1); }

SCENARIO(ClientEndlessReply, kClient, kStreams,
         "a reply of up to 63 MiB in lines, with looks at the memory, until that grows no more",
         .services = kServerFirst) {
  Listen();
  Launch({.output = OutputEnd::kNull});
  Session session = Accept();
  std::int64_t memory = 0;
  for (std::size_t part = 0; part < std::size(kParts) && !session.ended(); ++part) {
    session.SendFiller(kParts[part]);
    SettleInWait();
    const std::int64_t before = memory;
    memory = TakeSnapshot(AfterPart(part)).anonymous_memory;
    if (part > 0 && !GrowsWithReply(memory - before, kParts[part])) break;
  }
  ServeText(session, "");
  WaitForExit();
}

constexpr const char* kDecodes = "the manifest says that the client decodes what it receives";

// RD-01: a reply in many segments is output completely.
CHECK(ClientBytewise, "RD-01") {
  TheConversation();
  const std::string wrong = WrongOutput(subject(), Output(), AllConversations());
  EXPECT_TRUE(wrong.empty()) << wrong << ", when the reply comes byte by byte";
  if (Decodes(subject())) {
    const std::string end = WrongSuccess(timeline(), End());
    EXPECT_TRUE(end.empty()) << end << " when the reply comes byte by byte";
    Note("the client decodes the reply: its output was not compared");
  }
}

// RD-02: a reply of any size is output completely and crashes nothing.
CHECK(ClientReplySizes, "RD-02") {
  if (Decodes(subject())) NotApplicable(kDecodes);
  if (HasFixedReply(subject())) NotApplicable("the service's reply has a fixed size");
  const std::vector<Conversation>& sessions = AllConversations();
  for (int run = 0; run <= kSizeCount; ++run) {
    const bool in_pieces = run == kSizeCount;
    const std::string reply = in_pieces ? ReplyOfPieces() : ReplyOfSize(kSizes[run]);
    if (subject().launch.claims.one_line && reply.size() > kLongestLine) break;
    const ProgramEnd end = End(run);
    const std::string on = fmt::format(", sent a reply of {} bytes{}", reply.size(),
                                       in_pieces ? " in pieces of 63 to 4097" : "");
    if (!SessionOf(sessions, run)) Inconclusive("the client did not connect" + on);
    EXPECT_TRUE(end.signal == 0) << "is killed by " << SignalName(end.signal) << on;
    const std::string wrong = WrongOutput(subject(), Output(run), reply);
    EXPECT_TRUE(wrong.empty()) << wrong << on;
    if (end.signal != 0 || !wrong.empty()) return;  // the larger ones fail for the same reason
  }
}

// RD-04: EINTR from a read neither loses data nor ends the program.
CHECK(ClientReadInterrupted, "RD-04") {
  LevelHoldsIf(EintrCanHappen("re*"), "the program has no signal handler that could interrupt it");
  const std::vector<int> faults = FaultsIn(timeline());
  Examine(faults);
  if (faults.empty()) NotReached("the program made no read that could be interrupted");
  const std::string end = WrongSuccess(timeline(), End());
  EXPECT_TRUE(end.empty()) << end << " after a read was interrupted by a signal (EINTR)";
  const std::string output = WrongOutput(subject(), Output(), AllConversations());
  EXPECT_TRUE(output.empty()) << output << ", after a read was interrupted by a signal (EINTR)";
}

// RD-06: all byte values come out unchanged.
CHECK(ClientAllBytes, "RD-06") {
  if (Decodes(subject())) NotApplicable(kDecodes);
  if (HasFixedReply(subject())) NotApplicable("the service's reply has a fixed size");
  if (subject().launch.claims.text_only || subject().launch.claims.one_line) {
    NotApplicable("the manifest says that the client takes text alone");
  }
  TheConversation();
  const std::string wrong = WrongOutput(subject(), Output(), AllByteValues());
  EXPECT_TRUE(wrong.empty()) << wrong;
}

// CLI-14: an empty reply is reported; it hangs nothing.
CHECK(ClientNoReply, "CLI-14") {
  TheConversation();
  const ProgramEnd end = End();
  if (!end.exited) {
    ADD_FAILURE() << WhyNotEnded(timeline()) << " after the server has closed without a reply";
    return;
  }
  const bool reported = end.signal != 0 || end.status != 0 || !ErrorOutput().empty();
  if (subject().launch.output == OutputKind::kExact) {
    const std::string invented = InventedOutput(subject(), Output(), "");
    EXPECT_TRUE(invented.empty()) << "prints " << Quote(Output())
                                  << " on standard output, though the server sent nothing";
  }
  if (!reported) Note("a connection without a reply looks like a success: status 0, no message");
}

// CLI-18: nothing is printed that was not received: an empty reply.
CHECK(ClientNoReply, "CLI-18") {
  if (subject().launch.output != OutputKind::kExact) {
    NotApplicable("the manifest says that the client prints more than what it receives");
  }
  TheConversation();
  const std::string invented = InventedOutput(subject(), Output(), "");
  EXPECT_TRUE(invented.empty()) << invented << "; the server sent nothing";
}

// CLI-18: one byte.
CHECK(ClientReplySizes, "CLI-18") {
  if (subject().launch.output != OutputKind::kExact) {
    NotApplicable("the manifest says that the client prints more than what it receives");
  }
  if (HasFixedReply(subject())) NotApplicable("the service's reply has a fixed size");
  TheConversation();
  const std::string invented = InventedOutput(subject(), Output(0), ReplyOfSize(kSizes[0]));
  EXPECT_TRUE(invented.empty()) << invented << "; the server sent one byte";
}

// CLI-17: an endless reply does not make memory grow.
CHECK(ClientEndlessReply, "CLI-17") {
  if (subject().launch.claims.one_line) NotApplicable("the manifest says that it reads one line");
  if (HasFixedReply(subject())) NotApplicable("the service's reply has a fixed size");
  const Conversation session = TheConversation();
  std::int64_t sent = 0;
  for (const int index : session.events) {
    if (timeline()[index].kind == EventKind::kSent) sent += timeline()[index].number;
  }
  std::int64_t due = 0;
  std::int64_t before = 0;
  for (std::size_t part = 0; part < std::size(kParts); ++part) {
    due += kParts[part];
    if (sent < due) {
      ADD_FAILURE() << fmt::format("takes no more than {} of {} bytes of a reply", sent, due);
      return;
    }
    const std::int64_t memory = SnapshotAt(AfterPart(part)).anonymous_memory;
    if (memory <= 0) Inconclusive("the program's memory could not be read");
    if (part > 0 && !GrowsWithReply(memory - before, kParts[part])) return;
    before = memory;
  }
  ADD_FAILURE() << fmt::format("grows with the reply: it holds {} MiB after {} MiB of it",
                               before / kMebibyte, due / kMebibyte);
}

}  // namespace
}  // namespace sockspec
