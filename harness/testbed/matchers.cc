// Matchers whose explanations read as sentences, and how the evidence of a check is printed.
#include "harness/testbed/matchers.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <ostream>
#include <utility>

#include "harness/base/error.h"
#include "harness/base/text.h"

namespace sockspec {
namespace {

using ::testing::MatchResultListener;

// A predicate with its wording: "expected: <positive>", "expected: <negative>" under Not().
template <typename Value>
class WordedMatcher : public ::testing::MatcherInterface<const Value&> {
 public:
  // `test` returns whether the value matches; it may add to the explanation.
  using Test = std::function<bool(const Value&, std::ostream*)>;

  WordedMatcher(std::string positive, std::string negative, Test test)
      : positive_(std::move(positive)), negative_(std::move(negative)), test_(std::move(test)) {}

  bool MatchAndExplain(const Value& value, MatchResultListener* listener) const override {
    return test_(value, listener->stream());
  }
  void DescribeTo(std::ostream* out) const override { *out << positive_; }
  void DescribeNegationTo(std::ostream* out) const override { *out << negative_; }

 private:
  std::string positive_, negative_;
  Test test_;
};

template <typename Value>
::testing::Matcher<const Value&> Worded(std::string positive, std::string negative,
                                        std::function<bool(const Value&)> test) {
  return ::testing::MakeMatcher(new WordedMatcher<Value>(
      std::move(positive), std::move(negative),
      [test = std::move(test)](const Value& value, std::ostream*) { return test(value); }));
}

std::string_view EndingInWords(Ending ending) {
  switch (ending) {
    case Ending::kOpen:
      return "never ended by the program";
    case Ending::kRefused:
      return "refused";
    case Ending::kFin:
      return "ended by FIN";
    case Ending::kReset:
      return "ended by RST";
    case Ending::kHarnessClosed:
      return "ended by the harness first";
    case Ending::kNotAttempted:
      return "never attempted";
  }
  return "unknown";
}

bool IsCrash(int signal) {
  return signal == SIGSEGV || signal == SIGABRT || signal == SIGBUS || signal == SIGFPE ||
         signal == SIGILL;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, Ending ending) { return out << EndingInWords(ending); }

std::ostream& operator<<(std::ostream& out, const ProgramEnd& end) {
  if (!end.exited) return out << "still running at the end of the scenario";
  if (end.signal != 0) return out << "killed by " << SignalName(end.signal);
  return out << "exit status " << end.status;
}

namespace {

// socket 2 of the harness: sent 1 datagram of 6 bytes in all, received 1 datagram "Sunday, ..."
void PrintDatagrams(std::ostream& out, const Conversation& conversation) {
  const std::vector<std::string> received = conversation.DatagramsReceived();
  const std::size_t sent = conversation.datagrams.size() - received.size();
  const auto datagrams = [](std::size_t count) {
    return fmt::format("{} datagram{}", count, count == 1 ? "" : "s");
  };
  out << fmt::format("socket {} of the harness: sent {}", conversation.connection, datagrams(sent));
  if (sent > 0) out << fmt::format(" of {} bytes in all", conversation.sent.size());
  out << ", received ";
  out << (received.empty() ? "nothing" : datagrams(received.size()));
  constexpr std::size_t kShown = 3;
  for (std::size_t i = 0; i < received.size() && i < kShown; ++i) {
    out << (i == 0 ? " " : ", ") << Quote(received[i]);
  }
  if (received.size() > kShown) out << " ...";
  if (conversation.error != 0) out << fmt::format(", and {}", ErrnoName(conversation.error));
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Conversation& conversation) {
  if (conversation.by_datagrams) {
    PrintDatagrams(out, conversation);
    return out;
  }
  out << fmt::format("connection {}: ", conversation.connection);
  if (!conversation.connected) {
    out << conversation.ending;
    if (conversation.error != 0) out << " (" << ErrnoName(conversation.error) << ")";
    return out;
  }
  out << "connected";
  if (!conversation.sent.empty()) {
    out << fmt::format(", sent {} bytes", conversation.sent.size());
  }
  if (conversation.received.empty()) {
    out << ", received nothing";
  } else {
    out << fmt::format(", received {} bytes {}", conversation.received.size(),
                       Quote(conversation.received));
  }
  if (conversation.harness_half_closed) out << ", half-closed by the harness";
  out << ", " << conversation.ending;
  if (conversation.error != 0) out << " (" << ErrnoName(conversation.error) << ")";
  return out;
}

ConversationMatcher Connected() {
  return Worded<Conversation>("connected", "not connected",
                              [](const Conversation& c) { return c.connected; });
}

ConversationMatcher WasRefused() {
  return Worded<Conversation>("refused", "not refused",
                              [](const Conversation& c) { return c.ending == Ending::kRefused; });
}

ConversationMatcher EndedBy(Ending ending) {
  const std::string words(EndingInWords(ending));
  return Worded<Conversation>(words, "not " + words,
                              [ending](const Conversation& c) { return c.ending == ending; });
}

ConversationMatcher EndedByProgram() {
  return Worded<Conversation>(
      "ended by the program (FIN or RST)", "not ended by the program",
      [](const Conversation& c) { return c.ending == Ending::kFin || c.ending == Ending::kReset; });
}

ConversationMatcher ReceivedSomething() {
  return Worded<Conversation>("a reply was received", "no reply was received",
                              [](const Conversation& c) { return !c.received.empty(); });
}

ConversationMatcher ReceivedNothing() {
  return Worded<Conversation>("nothing was received", "something was received",
                              [](const Conversation& c) { return c.received.empty(); });
}

ConversationMatcher ReceivedReplyLike(ReplyModel model) {
  const std::string words = model.Words();
  return ::testing::MakeMatcher(new WordedMatcher<Conversation>(
      words + " was received", "no reply like " + Quote(model.ordinary()) + " was received",
      [model = std::move(model)](const Conversation& c, std::ostream* why) {
        const bool fits = model.Fits(c);
        const std::size_t wanted = model.ordinary().size();
        if (!fits && why != nullptr && !c.received.empty() && wanted > 0) {
          if (c.received.size() < wanted) {
            *why << fmt::format("{} of about {} bytes", c.received.size(), wanted);
          } else if (c.received.size() > wanted) {
            *why << fmt::format("{} bytes, where the reply has about {}", c.received.size(),
                                wanted);
          } else {
            *why << "the same length, but not the same text";
          }
        }
        return fits;
      }));
}

ConversationMatcher ReceivedBytes(std::string bytes) {
  const std::string words = fmt::format("{} bytes {}", bytes.size(), Quote(bytes));
  return ::testing::MakeMatcher(new WordedMatcher<Conversation>(
      words + " were received", "other bytes than " + words + " were received",
      [bytes = std::move(bytes)](const Conversation& c, std::ostream* why) {
        if (c.received == bytes) return true;
        if (why != nullptr) {
          const auto [end, unused] =
              std::mismatch(c.received.begin(), c.received.end(), bytes.begin(), bytes.end());
          const auto same = static_cast<std::size_t>(end - c.received.begin());
          if (same == c.received.size()) {
            *why << fmt::format("the last {} bytes are missing", bytes.size() - same);
          } else if (same == bytes.size()) {
            *why << fmt::format("{} bytes too many", c.received.size() - same);
          } else {
            *why << fmt::format("they differ from byte {} on", same);
          }
        }
        return false;
      }));
}

EndMatcher ExitedWith(int status) {
  return Worded<ProgramEnd>(fmt::format("exit status {}", status),
                            fmt::format("an end other than exit status {}", status),
                            [status](const ProgramEnd& end) {
                              return end.exited && end.signal == 0 && end.status == status;
                            });
}

EndMatcher ExitedWithFailure() {
  return Worded<ProgramEnd>(
      "an exit status from 1 to 255", "no exit status from 1 to 255",
      [](const ProgramEnd& end) { return end.exited && end.signal == 0 && end.status > 0; });
}

EndMatcher Exited() {
  return Worded<ProgramEnd>("the program has ended", "the program has not ended",
                            [](const ProgramEnd& end) { return end.exited; });
}

EndMatcher DidNotCrash() {
  return Worded<ProgramEnd>("no crash", "a crash", [](const ProgramEnd& end) {
    return !(end.exited && IsCrash(end.signal));
  });
}

EndMatcher StillRunning() {
  return Worded<ProgramEnd>("the program is still running", "the program is not running any more",
                            [](const ProgramEnd& end) { return !end.exited; });
}

::testing::Matcher<const std::string&> IsEmptyText() {
  return Worded<std::string>("no text", "some text",
                             [](const std::string& text) { return text.empty(); });
}

::testing::Matcher<const std::string&> IsNotEmptyText() {
  return Worded<std::string>("some text", "no text",
                             [](const std::string& text) { return !text.empty(); });
}

}  // namespace sockspec
