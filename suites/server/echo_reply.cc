// Echo, RFC 862: every byte comes back.
#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

constexpr std::size_t kNoiseBytes = 64 << 10;
constexpr std::int64_t kFlood = 1 << 20;
// Of lengths that are no round numbers to anybody.
constexpr std::size_t kPieces[] = {1, 2, 700, 1, 63, 517, 3, 699, 128, 1, 300, 11};

// So many letters and blanks: no NUL and no line end, which some mistakes are about.
std::string PlainText(std::size_t bytes) {
  constexpr std::string_view kText = "the quick brown fox jumps over the lazy dog ";
  std::string text;
  while (text.size() < bytes) text += kText;
  text.resize(bytes);
  return text;
}

// Every value there is, in no order.
std::string Noise(std::size_t bytes) {
  std::string noise;
  std::uint32_t state = 7;  // of a linear congruential generator (Numerical Recipes)
  while (noise.size() < bytes) {
    state = state * 1664525 + 1013904223;
    noise += static_cast<char>(state >> 24);
  }
  return noise;
}

SCENARIO(EchoedBytes, kServer, kStreams,
         "a client sends twelve pieces, each when the one before has come back, and the last one "
         "with its end; one sends 64 KiB of noise while it reads; one sends up to 1 MiB and its "
         "end, and only then reads",
         .little_send_buffer = true, .services = {"echo"}) {
  Start();
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  Client pieces = Connect();
  for (const std::size_t length : kPieces) {
    pieces.Send(PlainText(length));
    pieces.Read(length);
  }
  pieces.Send("and good bye\r\n");
  pieces.HalfClose();
  pieces.ReadToEnd();
  pieces.Close();
  Client noise = Connect();
  noise.SendWhileReading(Noise(kNoiseBytes));
  noise.Finish();
  Client flood = Connect({.receive_buffer = 1});
  flood.SendFiller(kFlood);
  Settle();  // so that it sees the end while its output waits, whichever of its threads is faster
  flood.HalfClose();
  Settle();
  flood.Read(1);
  flood.Read(1);
  flood.ReadToEnd();
  flood.Close();
}

// The connections' numbers.
constexpr int kInPieces = kOrdinary, kNoisy = kInPieces + 1, kFlooded = kNoisy + 1;

// Where two texts begin to differ, for people.
std::string Difference(std::string_view received, std::string_view sent) {
  const auto [one, other] =
      std::mismatch(received.begin(), received.end(), sent.begin(), sent.end());
  const auto same = static_cast<std::size_t>(one - received.begin());
  if (same == received.size()) {
    return fmt::format("{} bytes of {} come back, the rest is missing from {} on", same,
                       sent.size(), Quote(sent.substr(same, 8)));
  }
  if (same == sent.size())
    return fmt::format("{} bytes too many come back", received.size() - same);
  return fmt::format("byte {} comes back as {}, not {}", same, Quote(received.substr(same, 1)),
                     Quote(sent.substr(same, 1)));
}

// ECH-01: all bytes are returned unchanged and in order.
CHECK(EchoedBytes, "ECH-01") {
  const Conversation conversation = TheConversation(kNoisy);
  if (conversation.sent.empty()) Inconclusive("the client could send nothing");
  if (ProgramEnded(conversation) && !conversation.harness_half_closed) {
    Inconclusive("it ended the connection before its client had; see ECH-02");
  }
  EXPECT_TRUE(conversation.received == conversation.sent)
      << "does not return every byte as it came: "
      << Difference(conversation.received, conversation.sent);
}

// RD-07: data arriving in pieces is echoed as it comes.
CHECK(EchoedBytes, "RD-07") {
  OrdinaryReply();
  const Conversation conversation = TheConversation(kInPieces);
  std::string sent, received;
  int judged = 0;
  for (const int index : conversation.events) {
    const Event& event = timeline()[index];
    if (event.kind == EventKind::kReceived) received += event.bytes;
    const bool next = event.kind == EventKind::kSent || event.kind == EventKind::kHalfClosed;
    if (event.kind == EventKind::kGotFin || event.kind == EventKind::kGotReset) break;
    if (!next) continue;
    // What comes with the end of input is ECH-02's.
    const bool last = judged == static_cast<int>(std::size(kPieces));
    if (!sent.empty() && !last) {
      ++judged;
      EXPECT_TRUE(received == sent) << fmt::format(
          "keeps data back that came in pieces: when it has settled after piece {}, {}", judged,
          Difference(received, sent));
      if (received != sent) return;
    }
    sent += event.bytes;
  }
  if (judged < 2) Inconclusive("it ended the connection before a second piece; see ECH-02");
}

// ECH-02: service goes on until the client ends, and all is echoed before the end.
CHECK(EchoedBytes, "ECH-02") {
  OrdinaryReply();
  const Conversation conversation = TheConversation(kInPieces);
  if (!conversation.connected) Inconclusive("it took no further client");
  EXPECT_TRUE(!ProgramEnded(conversation) || conversation.harness_half_closed)
      << fmt::format("ends the connection after {} bytes, though its client has not",
                     conversation.received.size());
  if (!conversation.harness_half_closed) return;
  EXPECT_TRUE(conversation.received.size() >= conversation.sent.size())
      << "does not echo what came right before the end of input: "
      << Difference(conversation.received, conversation.sent);
}

// ECH-06: data and end in one go: all comes back before the end.
CHECK(EchoedBytes, "ECH-06") {
  OrdinaryReply();
  const Conversation conversation = TheConversation(kFlooded);
  std::size_t sent = 0;
  for (const int index : conversation.events) {
    const Event& event = timeline()[index];
    if (event.kind == EventKind::kSent) sent += static_cast<std::size_t>(event.number);
  }
  if (sent == 0) Inconclusive("the client could send nothing");
  EXPECT_TRUE(conversation.received.size() == sent)
      << fmt::format("loses output at the end of input: {} bytes of {} come back",
                     conversation.received.size(), sent);
  EXPECT_TRUE(conversation.ending != Ending::kReset) << "resets the connection at the end of input";
}

}  // namespace
}  // namespace sockspec
