// Discard, RFC 863: takes all and says nothing.
#include <fmt/format.h>

#include "harness/base/text.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

// DIS-01: no response is ever sent, and the end is the client's.
CHECK(Exchanges, "DIS-01") {
  int judged = 0;
  for (const Conversation& conversation : AllConversations()) {
    if (!conversation.connected || conversation.sent.empty()) continue;
    ++judged;
    EXPECT_TRUE(conversation.received.empty())
        << fmt::format("answers with {}, where nothing is ever sent", Quote(conversation.received));
    EXPECT_TRUE(!ProgramEnded(conversation) || conversation.harness_half_closed)
        << "closes before its client has: " << InWords(conversation);
  }
  if (judged == 0) Inconclusive("no client could send to it");
}

// DIS-02: data is consumed continuously.
CHECK(UnexpectedInput, "DIS-02") {
  const Conversation talker = TheConversation(kOrdinary);
  OrdinaryReply();
  std::int64_t sent = 0;
  for (const int index : talker.events) {
    if (timeline()[index].kind == EventKind::kSent) sent += timeline()[index].number;
  }
  EXPECT_TRUE(sent == kNoise) << fmt::format(
      "stops reading: it takes {} bytes of {}, and then its window stays closed", sent, kNoise);
  for (const SocketRow& row : OwnConnections(SnapshotAt("after the noise"))) {
    EXPECT_TRUE(row.receive_queue <= 0) << fmt::format(
        "leaves {} bytes of its client's data unread in its receive queue", row.receive_queue);
  }
}

}  // namespace
}  // namespace sockspec
