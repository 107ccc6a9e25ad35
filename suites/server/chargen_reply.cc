// Character generator, RFC 864: data without end, in a pattern.
#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"
#include "suites/server/chargen_pattern.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

constexpr std::size_t kMuch = 256 << 10;

SCENARIO(MuchOutput, kServer, kStreams,
         "a client reads 256 KiB and resets the connection, one reads 256 KiB and closes; one more "
         "comes",
         .services = {"chargen"}) {
  Start();
  Client rude = Connect();
  rude.Read(kMuch);
  rude.Abort();
  Settle();
  Client tired = Connect();
  tired.Read(kMuch);
  tired.Close();
  Settle();
  Exchange();
}

// GEN-01: data flows until the client ends the connection, without input.
CHECK(MuchOutput, "GEN-01") {
  const std::vector<Conversation>& all = AllConversations();
  if (all.empty() || !Reached(all.front())) Inconclusive("its first client got no data at all");
  for (const Conversation& conversation : all) {
    if (&conversation == &all.back()) break;
    EXPECT_TRUE(conversation.received.size() >= kMuch)
        << fmt::format("stops sending after {} bytes, though its client reads on: {}",
                       conversation.received.size(),
                       conversation.ending == Ending::kFin ? "closed" : "no more came");
  }
  if (all.size() < 3) Inconclusive("too few clients came");
  EXPECT_TRUE(Answered(all.back()))
      << "serves nobody after clients that have left in the middle: " << InWords(all.back());
}

// GEN-02: a pattern that can be recognized.
CHECK(Exchanges, "GEN-02") {
  int judged = 0;
  for (const Conversation& conversation : AllConversations()) {
    const std::string& text = conversation.received;
    if (text.size() < kPatternLine * 2) continue;
    ++judged;
    if (KeepsPattern(text)) continue;
    const auto odd = std::find_if(text.begin(), text.end(), [](unsigned char byte) {
      return (byte < 0x20 || byte > 0x7e) && byte != '\r' && byte != '\n' && byte != '\t';
    });
    EXPECT_TRUE(odd == text.end()) << fmt::format(
        "sends byte 0x{:02x}, which belongs to no pattern of printable characters: {}",
        odd == text.end() ? 0 : static_cast<unsigned char>(*odd), Quote(text));
    if (odd == text.end()) Note("another pattern than the usual one of 72 characters a line");
  }
  if (judged == 0) Inconclusive("too little came to show a pattern");
}

}  // namespace
}  // namespace sockspec
