// Tests of the matchers' verdicts and of the sentences that they print.
#include "harness/testbed/matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <string>

namespace sockspec {
namespace {

using ::testing::Not;
using ::testing::PrintToString;

constexpr char kReply[] = "Sunday, February 22, 1982 9:37:43-PST\r\n";

Conversation Replied(std::string received, Ending ending) {
  Conversation conversation;
  conversation.connection = 0;
  conversation.connected = true;
  conversation.received = std::move(received);
  conversation.ending = ending;
  return conversation;
}

template <typename Matcher>
std::string Description(const Matcher& matcher) {
  return ::testing::DescribeMatcher<const Conversation&>(matcher);
}

template <typename Matcher, typename Value>
std::string Explanation(const Matcher& matcher, const Value& value) {
  ::testing::StringMatchResultListener listener;
  ::testing::ExplainMatchResult(matcher, value, &listener);
  return listener.str();
}

TEST(SameShape, AClockThatMovedOnIsTheSame) {
  EXPECT_TRUE(SameShape(kReply, kReply));
  EXPECT_TRUE(SameShape("Monday, March 1, 1982 10:00:00-PST\r\n", kReply));
  EXPECT_TRUE(SameShape("2026-01-01T10:00:00.123456", "2026-01-01T10:00:00.123456789"));
}

TEST(SameShape, ACutReplyDiffers) {
  const std::string whole = kReply;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(SameShape(whole.substr(0, length), whole)) << length;
    EXPECT_FALSE(SameShape(whole.substr(whole.size() - length), whole)) << length;
  }
  EXPECT_FALSE(SameShape("2026-01-01 10:00:0", "2026-01-01 10:00:00"));
}

TEST(SameShape, ADoubledReplyOrLetterDiffers) {
  EXPECT_FALSE(SameShape(std::string(kReply) + kReply, kReply));
  EXPECT_FALSE(SameShape("SSunday, February 22, 1982 9:37:43-PST\r\n", kReply));
  EXPECT_FALSE(SameShape("Sunday, February 22, 19982 9:37:43-PST\r\n", kReply));
}

TEST(SameShape, BinaryRepliesAreComparedByLength) {
  EXPECT_TRUE(SameShape(std::string("\x01\x02\x03\x04", 4), std::string("\0\0\0A", 4)));
  EXPECT_FALSE(SameShape(std::string("\x01\x02\x03", 3), std::string("\0\0\0A", 4)));
}

TEST(SameShape, NothingIsLikeNothingAlone) {
  EXPECT_TRUE(SameShape("", ""));
  EXPECT_FALSE(SameShape("", "a"));
  EXPECT_FALSE(SameShape("a", ""));
}

TEST(EndedBy, KeepsTheEndingsApart) {
  const Conversation fin = Replied("x", Ending::kFin);
  const Conversation reset = Replied("x", Ending::kReset);
  const Conversation open = Replied("x", Ending::kOpen);
  EXPECT_THAT(fin, EndedBy(Ending::kFin));
  EXPECT_THAT(reset, Not(EndedBy(Ending::kFin)));
  EXPECT_THAT(fin, EndedByProgram());
  EXPECT_THAT(reset, EndedByProgram());
  EXPECT_THAT(open, Not(EndedByProgram()));
  EXPECT_EQ(Description(EndedBy(Ending::kFin)), "ended by FIN");
}

TEST(Connected, RefusedIsNotConnected) {
  Conversation refused;
  refused.connection = 2;
  refused.ending = Ending::kRefused;
  refused.error = ECONNREFUSED;
  EXPECT_THAT(refused, WasRefused());
  EXPECT_THAT(refused, Not(Connected()));
  EXPECT_THAT(Replied("", Ending::kOpen), Connected());
  EXPECT_THAT(Replied("", Ending::kOpen), Not(WasRefused()));
  EXPECT_EQ(PrintToString(refused), "connection 2: refused (ECONNREFUSED)");
}

TEST(Received, SomethingOrNothing) {
  EXPECT_THAT(Replied("x", Ending::kFin), ReceivedSomething());
  EXPECT_THAT(Replied("x", Ending::kFin), Not(ReceivedNothing()));
  EXPECT_THAT(Replied("", Ending::kFin), ReceivedNothing());
  EXPECT_THAT(Replied("", Ending::kFin), Not(ReceivedSomething()));
}

TEST(ReceivedReplyLike, SaysHowMuchIsMissing) {
  const Service& daytime = *FindBuiltInService("daytime");
  const ConversationMatcher whole = ReceivedReplyLike({daytime, kReply});
  EXPECT_THAT(Replied(kReply, Ending::kFin), whole);
  EXPECT_THAT(Replied("Sunday", Ending::kFin), Not(whole));
  EXPECT_EQ(Explanation(whole, Replied("Sunday", Ending::kFin)), "6 of about 39 bytes");
  EXPECT_EQ(Description(ReceivedReplyLike({daytime, "now\n"})),
            "a whole reply like \"now\\n\" was received");
}

TEST(ReceivedBytes, SaysWhereTheyDiffer) {
  const ConversationMatcher wanted = ReceivedBytes("abcd");
  EXPECT_THAT(Replied("abcd", Ending::kFin), wanted);
  EXPECT_EQ(Explanation(wanted, Replied("ab", Ending::kFin)), "the last 2 bytes are missing");
  EXPECT_EQ(Explanation(wanted, Replied("abcdef", Ending::kFin)), "2 bytes too many");
  EXPECT_EQ(Explanation(wanted, Replied("abXd", Ending::kFin)), "they differ from byte 2 on");
}

TEST(ProgramEnd, EachWayOfEndingIsItsOwn) {
  const ProgramEnd success{true, 0, 0};
  const ProgramEnd failure{true, 2, 0};
  const ProgramEnd crash{true, -1, SIGSEGV};
  const ProgramEnd stopped{true, -1, SIGTERM};
  const ProgramEnd running;
  EXPECT_THAT(success, ExitedWith(0));
  EXPECT_THAT(failure, Not(ExitedWith(0)));
  EXPECT_THAT(crash, Not(ExitedWith(0)));
  EXPECT_THAT(running, Not(ExitedWith(0)));
  EXPECT_THAT(failure, ExitedWithFailure());
  EXPECT_THAT(success, Not(ExitedWithFailure()));
  EXPECT_THAT(crash, Not(ExitedWithFailure()));
  EXPECT_THAT(running, Not(ExitedWithFailure()));
  EXPECT_THAT(crash, Not(DidNotCrash()));
  EXPECT_THAT(stopped, DidNotCrash());
  EXPECT_THAT(running, DidNotCrash());
  EXPECT_THAT(stopped, Exited());
  EXPECT_THAT(running, Not(Exited()));
  EXPECT_THAT(running, StillRunning());
  EXPECT_THAT(success, Not(StillRunning()));
  EXPECT_EQ(PrintToString(crash), "killed by SIGSEGV");
  EXPECT_EQ(PrintToString(failure), "exit status 2");
  EXPECT_EQ(PrintToString(running), "still running at the end of the scenario");
}

TEST(Text, EmptyOrNot) {
  EXPECT_THAT(std::string(), IsEmptyText());
  EXPECT_THAT(std::string("x"), Not(IsEmptyText()));
  EXPECT_THAT(std::string("x"), IsNotEmptyText());
  EXPECT_THAT(std::string(), Not(IsNotEmptyText()));
}

TEST(Conversation, IsPrintedAsOneSentence) {
  Conversation conversation = Replied("now\r\n", Ending::kReset);
  conversation.error = ECONNRESET;
  EXPECT_EQ(PrintToString(conversation),
            "connection 0: connected, received 5 bytes \"now\\r\\n\", ended by RST (ECONNRESET)");
  EXPECT_EQ(PrintToString(Replied("", Ending::kOpen)),
            "connection 0: connected, received nothing, never ended by the program");
}

}  // namespace
}  // namespace sockspec
