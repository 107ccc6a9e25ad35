// Compares what a client has received with what its service asks for.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "harness/manifest/service.h"

namespace sockspec {

// Why `pattern` is no regular expression that this program understands, in a few words; "" where it
// is one.
std::string WhyNoPattern(const std::string& pattern);
// Whether all of `text` matches it.
bool PatternMatches(const std::string& pattern, std::string_view text);

class ExpectedReply {
 public:
  explicit ExpectedReply(const Service& service);
  ~ExpectedReply();
  ExpectedReply(ExpectedReply&&) noexcept;
  ExpectedReply& operator=(ExpectedReply&&) noexcept;

  // All bytes of a connection are those of a whole exchange: the banner, then each round's reply.
  // Where one round's reply ends and the next begins does not matter.
  bool IsWhole(std::string_view received) const;
  // The bytes since a round began are its whole reply. Of an endless reply, or of one that may be
  // anything, more may follow.
  bool EndsRound(std::size_t round, std::string_view since) const;

 private:
  struct Patterns;
  std::unique_ptr<Patterns> patterns_;
};

}  // namespace sockspec
