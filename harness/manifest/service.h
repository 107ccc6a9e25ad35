// A service: what is said in one ordinary exchange over a connection, and who ends it.
//
// A plain value. The six of RFC 862 to 868 are built in, a manifest may define others, and all are
// spoken and judged by the same code: scenarios speak one (Peer::Converse, Peer::Finish),
// ExpectedReply compares what came back with it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/transport.h"

namespace sockspec {

enum class ReplyKind {
  kNothing,   // no byte
  kText,      // exactly `text`
  kPattern,   // all of it matches `text`, a Perl regular expression whose . takes line ends too
  kRequest,   // exactly what the same round has sent
  kBytes,     // exactly `bytes` bytes, whatever they are
  kAnything,  // one byte or more, whatever they are
  kEndless    // never ends; the first `bytes` bytes are enough
};

struct Reply {
  ReplyKind kind = ReplyKind::kNothing;
  std::string text;
  std::int64_t bytes = 0;

  friend bool operator==(const Reply&, const Reply&) = default;
};

// The client sends, the server answers. Only the first round may be without a request: then the
// server speaks first.
struct Round {
  std::string request;
  Reply reply;

  friend bool operator==(const Round&, const Round&) = default;
};

enum class Closer { kServer, kClient, kEither };

// Lines that the server begins each connection with and that nobody judges.
struct Banner {
  int lines = 0;        // this many, or
  std::string pattern;  // as many as match, each without its line end

  friend bool operator==(const Banner&, const Banner&) = default;
};

struct Service {
  std::string name;
  bool own = false;  // defined by the manifest
  Banner banner;
  std::vector<Round> rounds;
  Closer closes = Closer::kEither;

  bool ServerSpeaksFirst() const { return !rounds.empty() && rounds.front().request.empty(); }
  bool Endless() const {
    return !rounds.empty() && rounds.back().reply.kind == ReplyKind::kEndless;
  }
  bool Replies() const;          // some byte of the server's is due
  std::string Requests() const;  // all that the client sends in an exchange

  friend bool operator==(const Service&, const Service&) = default;
};

// In the order in which people name them: daytime time echo discard chargen qotd.
const std::vector<std::string>& BuiltInServiceNames();
// What clients ask over raw sockets, in messages of their own that are no bytes of a conversation:
// icmp-echo icmp-timestamp igmp.
const std::vector<std::string>& RawServiceNames();
// Of either list; nullptr for any other name.
const Service* FindBuiltInService(std::string_view name);
// Why a program of that role cannot speak it over the transport; "" where it can.
std::string WhyNotSpoken(const Service& service, Role role, Transport transport);

// What a requirement's scope may ask of a service that a manifest defines: "any", "server-first",
// "client-first", "server-closes", "client-closes", "replies", "one-round".
std::vector<std::string> TraitsOf(const Service& service);
const std::vector<std::string>& KnownTraits();

}  // namespace sockspec
