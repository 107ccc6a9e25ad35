// One regular expression for a whole exchange, and one for each round. Boost.Regex, since
// std::regex recurses once for each byte of what it matches.
#include "harness/manifest/expected_reply.h"

#include <fmt/format.h>

#include <boost/regex.hpp>
#include <cctype>
#include <stdexcept>
#include <vector>

namespace sockspec {
namespace {

boost::regex Compile(const std::string& expression) {
  return boost::regex(expression, boost::regex::perl);
}

bool Matches(const boost::regex& expression, std::string_view text) {
  try {
    return boost::regex_match(text.begin(), text.end(), expression);
  } catch (const std::runtime_error&) {
    return false;  // it would take longer than anybody wants to wait
  }
}

// An expression that matches these bytes alone.
std::string Literal(std::string_view bytes) {
  std::string expression;
  for (const char byte : bytes) {
    if (std::ispunct(static_cast<unsigned char>(byte)) != 0) expression += '\\';
    expression += byte;
  }
  return expression;
}

std::string ExpressionOf(const Round& round) {
  const Reply& reply = round.reply;
  switch (reply.kind) {
    case ReplyKind::kNothing:
      return "";
    case ReplyKind::kText:
      return Literal(reply.text);
    case ReplyKind::kPattern:
      return "(?:" + reply.text + ")";
    case ReplyKind::kRequest:
      return Literal(round.request);
    case ReplyKind::kBytes:
      return fmt::format(".{{{}}}", reply.bytes);
    case ReplyKind::kAnything:
      return ".+";
    case ReplyKind::kEndless:
      return fmt::format(".{{{},}}", reply.bytes);
  }
  return "";
}

std::string ExpressionOf(const Banner& banner) {
  if (banner.lines > 0) return fmt::format("(?:[^\\n]*\\n){{{}}}", banner.lines);
  if (!banner.pattern.empty()) return "(?:(?-s:(?:" + banner.pattern + "))\\r?\\n)*";
  return "";
}

}  // namespace

struct ExpectedReply::Patterns {
  boost::regex whole;
  std::vector<boost::regex> rounds;
};

std::string WhyNoPattern(const std::string& pattern) {
  try {
    Compile(pattern);
  } catch (const boost::regex_error& error) {
    std::string why = error.what();
    // The rest quotes the expression.
    return why.substr(0, why.find(".  "));
  }
  // Groups are numbered through the whole exchange.
  if (Matches(Compile(R"(.*\\[1-9].*)"), pattern)) return "it refers back to a group";
  return "";
}

bool PatternMatches(const std::string& pattern, std::string_view text) {
  return Matches(Compile("(?:" + pattern + ")"), text);
}

ExpectedReply::ExpectedReply(const Service& service) : patterns_(std::make_unique<Patterns>()) {
  std::string whole = ExpressionOf(service.banner);
  for (std::size_t i = 0; i < service.rounds.size(); ++i) {
    const std::string expression = ExpressionOf(service.rounds[i]);
    whole += expression;
    patterns_->rounds.push_back(
        Compile(i == 0 ? ExpressionOf(service.banner) + expression : expression));
  }
  patterns_->whole = Compile(whole);
}

ExpectedReply::~ExpectedReply() = default;
ExpectedReply::ExpectedReply(ExpectedReply&&) noexcept = default;
ExpectedReply& ExpectedReply::operator=(ExpectedReply&&) noexcept = default;

bool ExpectedReply::IsWhole(std::string_view received) const {
  return Matches(patterns_->whole, received);
}

bool ExpectedReply::EndsRound(std::size_t round, std::string_view since) const {
  return Matches(patterns_->rounds[round], since);
}

}  // namespace sockspec
