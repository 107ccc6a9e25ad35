// Tests of what is made of packets, exits and output of clients over raw sockets.
#include "suites/client/raw_evidence.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include <csignal>

namespace sockspec {
namespace {

RawPacket Request(int type) {
  RawPacket request{.family = AF_INET,
                    .protocol = IPPROTO_ICMP,
                    .source = "192.0.2.7",
                    .destination = "198.51.100.7",
                    .message = std::string(20, '\2')};
  PutNumber16(&request.message, kIcmpIdentifier, 0x1234);
  PutNumber16(&request.message, kIcmpSequence, 1);
  request.message[0] = static_cast<char>(type);
  request.message[1] = 0;
  SetChecksum(&request);
  return request;
}

TEST(ReplyTo, EchoReturnsTheData) {
  const RawPacket request = Request(ICMP_ECHO);
  const RawPacket reply = ReplyTo(request);
  EXPECT_EQ(ByteAt(reply.message, 0), ICMP_ECHOREPLY);
  EXPECT_EQ(reply.message.substr(kIcmpIdentifier), request.message.substr(kIcmpIdentifier));
  EXPECT_TRUE(HasRightChecksum(reply));
  EXPECT_EQ(reply.source, request.destination);
  EXPECT_EQ(reply.destination, request.source);
}

TEST(ReplyTo, TimestampsAreThoseGiven) {
  RawPacket request = Request(ICMP_TIMESTAMP);
  request.message.resize(8);  // too short: is answered as if it were right
  const RawPacket reply = ReplyTo(request, 5, 7);
  EXPECT_EQ(ByteAt(reply.message, 0), ICMP_TIMESTAMPREPLY);
  ASSERT_EQ(reply.message.size(), 20u);
  EXPECT_EQ(Number32At(reply.message, 12), 5u);
  EXPECT_EQ(Number32At(reply.message, 16), 7u);
  EXPECT_TRUE(HasRightChecksum(WithField(reply, kIcmpSequence, 99)));
}

// Run 0 is the ordinary one; run 1 is what a test is about.
class Choice : public ::testing::Test {
 protected:
  Choice() {
    Sent(0, kTheReply);
    Printed(0, "reply 1\n");
    Exit(0, 0);
  }
  void Sent(int run, std::string_view what) {
    timeline_.Append(
        {.kind = EventKind::kPacketSent, .run = run, .process = 0, .text = std::string(what)});
  }
  void Printed(int run, std::string_view text) {
    timeline_.Append({.kind = EventKind::kOutput,
                      .run = run,
                      .process = 1,
                      .number = 1,
                      .bytes = std::string(text)});
  }
  void Exit(int run, int status, int signal = 0) {
    timeline_.Append(
        {.kind = EventKind::kExited, .run = run, .process = 1, .signal = signal, .number = status});
  }
  std::string Wrong(const ProgramEnd& end = {.exited = true, .status = 0}) {
    return WrongChoice(timeline_, RepliesIn(timeline_, 1), end);
  }

  Timeline timeline_;
};

TEST_F(Choice, TheReplyAloneIsRight) {
  Sent(1, "another");
  Sent(1, kTheReply);
  Printed(1, "ignored another\nreply 22\n");
  Exit(1, 0);
  EXPECT_EQ(Wrong(), "");
  EXPECT_EQ(RepliesIn(timeline_, 1).undecided, "");
  EXPECT_EQ(Wrong({.exited = true, .status = 3}),
            "exits with status 3, though the reply came after another");
}

TEST_F(Choice, AnotherIsTakenForIt) {
  Sent(1, "another");
  Exit(1, 0);
  Sent(1, kTheReply);
  EXPECT_EQ(Wrong(), "takes another for the reply, and ends");
}

TEST_F(Choice, BothAreReported) {
  Sent(1, "another");
  Sent(1, kTheReply);
  Printed(1, "reply 1\nreply 22\n");
  Exit(1, 0);
  EXPECT_EQ(Wrong(),
            "reports more replies than came, one of them as \"reply 1\"; before the reply came "
            "another");
}

TEST_F(Choice, ACrashIsNoChoice) {
  Sent(1, "another");
  Exit(1, -1, SIGSEGV);
  Sent(1, kTheReply);
  EXPECT_EQ(Wrong(), "is killed by SIGSEGV, having got another");
}

TEST_F(Choice, WhoGaveUpBeforeIsUndecided) {
  Sent(1, "another");
  Exit(1, 1);
  Sent(1, kTheReply);
  EXPECT_EQ(Wrong({.exited = true, .status = 1}), "");
  EXPECT_NE(RepliesIn(timeline_, 1).undecided, "");
}

TEST_F(Choice, ARunWithoutTheReplyIsUndecided) {
  Sent(1, "another");
  EXPECT_EQ(Wrong(), "");
  EXPECT_NE(RepliesIn(timeline_, 1).undecided, "");
  Exit(1, 0);
  EXPECT_EQ(Wrong(), "takes another for the reply, and ends");
}

TEST_F(Choice, WhoEndedBeforeAnythingCame) {
  Exit(1, 0);
  Sent(1, "another");
  Sent(1, kTheReply);
  EXPECT_EQ(Wrong(), "");
  EXPECT_TRUE(RepliesIn(timeline_, 1).succeeded_early);
  EXPECT_NE(RepliesIn(timeline_, 1).undecided, "");
}

TEST(Shapes, BlotOutNumbers) {
  EXPECT_EQ(ShapeOf("64 bytes: seq=12 time=0.5 ms"), "# bytes: seq=# time=#.# ms");
  EXPECT_EQ(ShapesIn("a1\n\nb22\n"), (std::vector<std::string>{"a#", "b#"}));
}

}  // namespace
}  // namespace sockspec
