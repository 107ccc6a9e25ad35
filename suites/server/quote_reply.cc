// Quote of the day, RFC 865: what the message is.
#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

// Fails where a client that was served got no message.
void ExpectMessages(const std::vector<Conversation>& conversations, std::string_view what) {
  for (const Conversation& conversation : conversations) {
    if (!conversation.connected) continue;
    EXPECT_TRUE(!conversation.received.empty())
        << "sends no message to a client that " << what << ": " << InWords(conversation);
  }
}

// QOT-01: a message is sent without regard to input: to those that say nothing ...
CHECK(Exchanges, "QOT-01") {
  ExpectMessages(BeforeStop(timeline(), AllConversations()), "sends nothing");
}

// ... and to those that do.
CHECK(InputFirst, "QOT-01") {
  OrdinaryReply();
  ExpectMessages(AllConversations(), "has sent data");
}

// QOT-02: fewer than 512 characters of printable ASCII, CR and LF.
CHECK(Exchanges, "QOT-02") {
  constexpr std::size_t kLimit = 512;
  int judged = 0;
  for (const Conversation& conversation : AllConversations()) {
    const std::string& quote = conversation.received;
    if (quote.empty()) continue;
    ++judged;
    EXPECT_TRUE(quote.size() < kLimit) << fmt::format(
        "sends {} characters, where fewer than {} are allowed", quote.size(), kLimit);
    const auto odd = std::find_if(quote.begin(), quote.end(), [](unsigned char byte) {
      return (byte < 0x20 || byte > 0x7e) && byte != '\r' && byte != '\n';
    });
    EXPECT_TRUE(odd == quote.end())
        << fmt::format("sends byte 0x{:02x}, which is no printable ASCII: {}",
                       odd == quote.end() ? 0 : static_cast<unsigned char>(*odd), Quote(quote));
  }
  if (judged == 0) Inconclusive("no client got a message");
}

}  // namespace
}  // namespace sockspec
