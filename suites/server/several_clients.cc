// Clients that stay: RFC 862, 863, 864 "until the calling user terminates the connection"; RFC 9293
// 3.8.6 (flow control).
#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"
#include "suites/server/chargen_pattern.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

constexpr int kTogether = 10;
constexpr int kRounds = 4;
constexpr std::size_t kPiece = 4 << 10;

bool Echoes(const Service& service) { return service.name == "echo"; }

// Each client's own bytes, so that nobody's can pass for another's.
std::string Piece(int client, int round) {
  std::string piece;
  while (piece.size() < kPiece) {
    piece += fmt::format("client {} round {} byte {}\n", client, round, piece.size());
  }
  piece.resize(kPiece);
  return piece;
}

SCENARIO(SeveralAtOnce, kServer, kStreams,
         "ten clients are connected at once and all are served; for echo each sends 16 KiB of its "
         "own in four pieces, by turns; the last to come leaves first") {
  Start(WithQueue(launch()));
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  std::vector<Client> clients;
  for (int i = 0; i < Bounded(launch(), kTogether); ++i) clients.push_back(Connect());
  for (int round = 0; Echoes(definition()) && round < kRounds; ++round) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      clients[i].Send(Piece(static_cast<int>(i), round));
    }
  }
  for (Client& client : clients) {
    if (Echoes(definition())) {
      client.Read(kPiece * kRounds);
    } else {
      client.Converse();
    }
  }
  std::reverse(clients.begin(), clients.end());
  for (Client& client : clients) client.Finish();
}

// More than the kernel takes on the way, less than what shows a list without a limit.
constexpr std::int64_t kMuchInput = 40 << 20;
constexpr std::int64_t kMostMemory = 16 << 20;
constexpr std::size_t kLines = 64 << 10;

SCENARIO(StuckReader, kServer, kStreams,
         "a client reads nothing and, for echo, sends until nobody takes more (at most 40 MiB); "
         "meanwhile an ordinary one comes; then the first one reads",
         .little_send_buffer = true, .services = {"echo", "chargen"}) {
  Start(WithQueue(launch()));
  for (int i = 0; i < kOrdinary; ++i) Exchange();
  Settle();
  TakeSnapshot("before");
  Client stuck = Connect({.receive_buffer = 1});
  if (Echoes(definition())) stuck.SendFiller(kMuchInput);
  Settle();
  TakeSnapshot("stuck");
  Exchange();
  if (definition().Endless()) {
    stuck.Read(kLines);
    stuck.Close();
  } else {
    stuck.Finish();
  }
}

// The clients that were connected at once, in the order in which they came.
std::vector<Conversation> AtOnce(const std::vector<Conversation>& all) {
  if (all.size() <= kOrdinary) return {};
  return {all.begin() + kOrdinary, all.end()};
}

// ACC-14: several clients are connected and served at the same time.
CHECK(SeveralAtOnce, "ACC-14") {
  OrdinaryReply();
  const std::vector<Conversation> clients = AtOnce(AllConversations());
  if (clients.size() < 2) Inconclusive("too few clients came");
  for (const Conversation& client : clients) {
    const bool served = Echoes(subject().definition) ? client.received.size() >= client.sent.size()
                                                     : Answered(client);
    EXPECT_TRUE(served) << fmt::format(
        "does not serve client {} of {} while the others are connected: {}",
        client.connection - kOrdinary + 1, clients.size(), InWords(client));
    if (!served) return;
  }
}

// ECH-04: every client gets its own bytes and only those.
CHECK(SeveralAtOnce, "ECH-04") {
  OrdinaryReply();
  int judged = 0;
  for (const Conversation& client : AtOnce(AllConversations())) {
    if (client.received.empty()) continue;  // not served yet: ACC-14's
    ++judged;
    const std::string_view own = std::string_view(client.sent).substr(0, client.received.size());
    const auto [received, sent] =
        std::mismatch(client.received.begin(), client.received.end(), own.begin(), own.end());
    const bool same = received == client.received.end();
    EXPECT_TRUE(same) << fmt::format(
        "does not give a client its own bytes back: byte {} is {}",
        received - client.received.begin(),
        same ? "" : Quote(std::string_view(received, client.received.end()).substr(0, 24)));
  }
  if (judged < 2) Inconclusive("too few clients got anything");
}

// WR-07: a client that stops reading blocks at most itself.
CHECK(StuckReader, "WR-07") {
  const ReplyModel model = OrdinaryReply();
  const std::vector<Conversation>& all = AllConversations();
  if (all.size() < kOrdinary + 2) Inconclusive("no client came after the one that stopped reading");
  EXPECT_TRUE(model.Fits(all.back()))
      << "does not serve a client while another one has stopped reading: " << InWords(all.back());
}

// ECH-05: what a client does not read makes no memory grow without bound.
CHECK(StuckReader, "ECH-05") {
  OrdinaryReply();
  const Snapshot before = SnapshotAt("before"), stuck = SnapshotAt("stuck");
  if (before.anonymous_memory < 0 || stuck.anonymous_memory < 0) {
    Inconclusive("the kernel does not show its memory");
  }
  const Conversation client = TheConversation(kOrdinary);
  std::int64_t sent = 0;
  for (const int index : client.events) {
    if (timeline()[index].kind == EventKind::kSent) sent += timeline()[index].number;
  }
  const std::int64_t growth = stuck.anonymous_memory - before.anonymous_memory;
  EXPECT_TRUE(growth < kMostMemory) << fmt::format(
      "keeps in memory what a client does not read: it grows by {} MiB, and takes {} MiB of input",
      growth >> 20, sent >> 20);
  if (growth < kMostMemory && sent == kMuchInput) {
    Inconclusive("it took all of the input, and its memory does not show where it is");
  }
}

// WR-03: EAGAIN from a send is waited out.
CHECK(StuckReader, "WR-03") {
  OrdinaryReply();
  const Service& service = subject().definition;
  std::vector<int> refused;
  CallIndices("accept*");
  for (const int index : SelectCalls(timeline(), IsSend)) {
    const Call& call = CallAt(index);
    if (call.connection == kOrdinary && call.error == EAGAIN) refused.push_back(index);
  }
  if (refused.empty()) NotApplicable("its connections block, or nothing filled their buffers");
  Examine(refused);
  const Conversation client = TheConversation(kOrdinary);
  if (service.Endless()) {
    const Conversation ordinary = TheConversation(0);
    if (!KeepsPattern(ordinary.received)) Inconclusive("its pattern is not understood");
    EXPECT_TRUE(client.received.size() >= kLines && KeepsPattern(client.received)) << fmt::format(
        "does not go on where a send had found no room: {} bytes come, {}", client.received.size(),
        KeepsPattern(client.received) ? "no more" : "with a gap in their pattern");
    return;
  }
  std::int64_t sent = 0;
  for (const int index : client.events) {
    if (timeline()[index].kind == EventKind::kSent) sent += timeline()[index].number;
  }
  EXPECT_TRUE(static_cast<std::int64_t>(client.received.size()) == sent)
      << fmt::format("loses data when a send finds no room: {} bytes of {} come back",
                     client.received.size(), sent);
}

}  // namespace
}  // namespace sockspec
