// The ordinary exchange, which most areas judge, and the gate: a server that does not pass it is
// judged no further on that transport.
#include <fmt/format.h>
#include <sys/socket.h>

#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

constexpr int kClients = 5;
constexpr int kDatagramClients = 20;  // where one too many or one too few may be rare
// On UNIX the clients from this one on have names: the addresses that accept() returns then differ
// in length.
constexpr int kFirstNamed = 2;

int ClientsOf(Transport transport, const LaunchSpec& launch) {
  if (launch.one_exchange) return 1;
  return SocketType(transport) == SOCK_DGRAM ? Bounded(launch, kDatagramClients) : kClients;
}

SCENARIO(Exchanges, kServer, kAllTransports,
         "five ordinary clients, one after the other (over datagrams: 20, one request each); then "
         "the stop signal and one more client") {
  Start();
  Settle();
  TakeSnapshot("ready");
  const bool datagrams = SocketType(transport()) == SOCK_DGRAM;
  const int clients = ClientsOf(transport(), launch());
  for (int i = 0; i < clients; ++i) {
    ConnectOptions options;
    if (IsUnix(transport()) && i >= kFirstNamed) {
      options.local_address = fmt::format("{}.client{}", path(), i);
    }
    if (datagrams) {
      Connect(options).ReadToEnd();  // the socket stays: a second answer would be seen
    } else {
      Exchange(options);
      Settle();
    }
  }
  if (datagrams) Settle();
  TakeSnapshot("after exchanges");
  Stop();
  TakeSnapshot("after stop");
  Connect();
}

// What the gate finds wrong with a server that its first client has reached (or not). What exactly
// it says is judged elsewhere.
std::string WrongExchange(const Conversation& conversation, bool reached) {
  if (!conversation.connected) return "refuses its first client: " + InWords(conversation);
  if (!reached && conversation.by_datagrams) {
    return "never answers its first client: " + InWords(conversation);
  }
  if (!reached) {
    return "accepts its first client but never answers it: " + InWords(conversation);
  }
  if (conversation.endless) {
    return "sends its first client a reply without an end: " + InWords(conversation);
  }
  return "";
}

bool InheritsListener(const LaunchSpec& launch) {
  return launch.start == StartKind::kInetdNowait || launch.start == StartKind::kInetdWait ||
         launch.start == StartKind::kSocketActivation;
}

// FAM-01: told to serve IPv4, it serves a client over IPv4.
CHECK(Exchanges, "FAM-01") {
  Examine(timeline().OfKind(EventKind::kNotReady));
  if (!Served()) {
    ADD_FAILURE() << "never becomes ready to serve over IPv4: "
                  << WhatItDidLast(timeline(), 0, End(), ErrorOutput());
    return;
  }
  const Conversation first = TheConversation();
  const std::string wrong = WrongExchange(first, Reached(first));
  EXPECT_TRUE(wrong.empty()) << wrong;
  if (!wrong.empty()) return;
  if (!InheritsListener(subject().launch) && subject().Has("kernel")) {
    EXPECT_TRUE(Listener(SnapshotAt("ready")).has_value()) << fmt::format(
        "holds no socket on port {} itself, at which clients could reach it", subject().port);
  }
}

// FAM-02: told to serve IPv6, it serves a client over native IPv6.
CHECK(Exchanges, "FAM-02") {
  Examine(timeline().OfKind(EventKind::kNotReady));
  if (!Served()) {
    ADD_FAILURE() << "never becomes ready to serve over IPv6: "
                  << WhatItDidLast(timeline(), 0, End(), ErrorOutput());
    return;
  }
  const Conversation first = TheConversation();
  const std::string wrong = WrongExchange(first, Reached(first));
  EXPECT_TRUE(wrong.empty()) << wrong;
}

// UNX-01: a socket exists at the requested path and answers.
CHECK(Exchanges, "UNX-01") {
  Examine(timeline().OfKind(EventKind::kNotReady));
  if (!Served()) {
    ADD_FAILURE() << fmt::format("never becomes ready to serve at {}: ", subject().path)
                  << WhatItDidLast(timeline(), 0, End(), ErrorOutput());
    return;
  }
  const Conversation first = TheConversation();
  const std::string wrong = WrongExchange(first, Reached(first));
  EXPECT_TRUE(wrong.empty()) << wrong;
  if (!wrong.empty() || !subject().Has("kernel")) return;
  const Snapshot ready = SnapshotAt("ready");
  EXPECT_TRUE(ready.path_kind == "socket")
      << fmt::format("leaves no socket at {}: {}", subject().path, ready.path_kind);
}

}  // namespace
}  // namespace sockspec
