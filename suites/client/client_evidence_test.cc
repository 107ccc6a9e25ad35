// Tests of the questions that the client suites ask of their evidence.
#include "suites/client/client_evidence.h"

#include <cerrno>

namespace sockspec {
namespace {

using ::testing::HasSubstr;

constexpr char kReply[] = "Sunday, 1 March 2026 9:37:43\r\n";

Subject Printing(OutputKind output) {
  Subject subject;
  subject.launch.output = output;
  return subject;
}

Subject ReadingText() {
  Subject subject = Printing(OutputKind::kExact);
  subject.launch.claims.text_only = true;
  return subject;
}

Conversation Exchanged(int run, std::string received, std::string sent) {
  Conversation conversation;
  conversation.run = run;
  conversation.received = std::move(received);
  conversation.sent = std::move(sent);
  return conversation;
}

TEST(DueOutput, IsTheReplyOfAServerThatSpeaksFirst) {
  Subject subject;
  subject.definition = *FindBuiltInService("daytime");
  subject.reply = kReply;
  EXPECT_EQ(DueOutput(subject, {}), kReply);
  EXPECT_EQ(DueOutput(subject, {Exchanged(0, "hello", "others")}), kReply);
}

TEST(DueOutput, IsWhatEachRunWasSentBack) {
  Subject subject;
  subject.definition = *FindBuiltInService("echo");
  const std::vector<Conversation> conversations = {
      Exchanged(0, "", "foreign"), Exchanged(0, "one", "one"), Exchanged(0, "two", "two"),
      Exchanged(1, "three", "thr")};
  EXPECT_EQ(DueOutput(subject, conversations), "onetwo");
  EXPECT_EQ(DueOutput(subject, conversations, 1), "thr");
  EXPECT_EQ(DueOutput(subject, conversations, 2), "");
}

TEST(WrongOutput, ExactToleratesOneFinalNewline) {
  const Subject exact = Printing(OutputKind::kExact);
  const std::string reply = kReply;
  EXPECT_EQ(WrongOutput(exact, reply, reply), "");
  EXPECT_EQ(WrongOutput(exact, reply + "\n", reply), "");
  EXPECT_THAT(WrongOutput(exact, reply + "\n\n", reply), HasSubstr("2 bytes more"));
  EXPECT_THAT(WrongOutput(exact, "Sunday", reply), HasSubstr("first 6 of 30 bytes"));
  EXPECT_THAT(WrongOutput(exact, "Monday, 1 March 2026 9:37:43\r\n", reply), HasSubstr("byte 0"));
  EXPECT_THAT(WrongOutput(exact, "", reply), HasSubstr("prints nothing"));
  EXPECT_THAT(WrongOutput(exact, "It is " + reply, reply), HasSubstr("byte 0"));
}

TEST(WrongOutput, LineEndingsAreFreeForDeclaredTextClientsAlone) {
  const std::string converted = "Sunday, 1 March 2026 9:37:43\n";
  EXPECT_NE(WrongOutput(Printing(OutputKind::kExact), converted, kReply), "");
  EXPECT_EQ(WrongOutput(ReadingText(), converted, kReply), "");
  EXPECT_NE(WrongOutput(ReadingText(), "Sunday, 1 March\n", kReply), "");
}

TEST(WrongOutput, AOneLineClientPrintsAtLeastTheFirstLine) {
  Subject one_line = Printing(OutputKind::kExact);
  one_line.launch.claims.one_line = true;
  EXPECT_EQ(WrongOutput(one_line, "first\n", "first\r\nsecond\r\n"), "");
  EXPECT_EQ(WrongOutput(one_line, "first\r\nsecond\r\n", "first\r\nsecond\r\n"), "");
  EXPECT_NE(WrongOutput(one_line, "second\n", "first\r\nsecond\r\n"), "");
}

TEST(WrongOutput, ContainsAllowsLabels) {
  const Subject labelled = Printing(OutputKind::kContains);
  EXPECT_EQ(WrongOutput(labelled, std::string("It is ") + kReply + "bye\n", kReply), "");
  EXPECT_NE(WrongOutput(labelled, "It is Sunday\n", kReply), "");
}

TEST(WrongOutput, DecodedMustOnlyBeThere) {
  const Subject decoding = Printing(OutputKind::kDecoded);
  EXPECT_EQ(WrongOutput(decoding, "1 January 1970", std::string("\x83\xaa\x7e\x80", 4)), "");
  EXPECT_NE(WrongOutput(decoding, "", std::string("\x83\xaa\x7e\x80", 4)), "");
}

TEST(InventedOutput, APrefixIsNotInvented) {
  const Subject exact = Printing(OutputKind::kExact);
  EXPECT_EQ(InventedOutput(exact, "", ""), "");
  EXPECT_EQ(InventedOutput(exact, "\n", ""), "");
  EXPECT_EQ(InventedOutput(exact, "abc", "abcdef"), "");
  EXPECT_EQ(InventedOutput(exact, "abc\n", "abcdef"), "");
  EXPECT_NE(InventedOutput(exact, "abX", "abcdef"), "");
  EXPECT_NE(InventedOutput(exact, "abcdefg", "abcdef"), "");
  EXPECT_NE(InventedOutput(exact, std::string(1, '\0'), ""), "");
}

TEST(ReplyOfSize, HasThatSizeAndOneLine) {
  for (const std::size_t size : {1, 2, 63, 1024, 65536}) {
    const std::string reply = ReplyOfSize(size);
    ASSERT_EQ(reply.size(), size);
    EXPECT_EQ(reply.find('\n'), size == 1 ? std::string::npos : size - 1);
  }
  const std::string reply = ReplyOfSize(1000);
  EXPECT_NE(reply.substr(0, 100), reply.substr(100, 100));
}

Timeline EndingIn(EventKind kind, const std::string& text) {
  Timeline timeline;
  timeline.Append({.kind = kind, .run = 0, .text = text});
  timeline.Append({.kind = EventKind::kSettled, .run = 1, .text = "poll(client)"});
  return timeline;
}

TEST(WrongSuccess, SaysHowItEndedOrWhyNot) {
  const Timeline hung = EndingIn(EventKind::kSettled, "recv(client)");
  EXPECT_EQ(WrongSuccess(hung, {true, 0, 0}), "");
  EXPECT_EQ(WrongSuccess(hung, {true, 3, 0}), "exits with status 3");
  EXPECT_EQ(WrongSuccess(hung, {true, -1, SIGPIPE}), "is killed by SIGPIPE");
  EXPECT_EQ(WrongSuccess(hung, {}), "hangs in recv(client)");
  EXPECT_EQ(WrongSuccess(hung, {}, 1), "hangs in poll(client)");
  EXPECT_THAT(WrongSuccess(EndingIn(EventKind::kNotSettled, "spins"), {}), HasSubstr("spins"));
}

TEST(WrongFailure, StatusZeroIsNoFailure) {
  const Timeline timeline;
  EXPECT_EQ(WrongFailure(timeline, {true, 1, 0}), "");
  EXPECT_EQ(WrongFailure(timeline, {true, 0, 0}), "exits with status 0");
  EXPECT_EQ(WrongFailure(timeline, {true, -1, SIGSEGV}), "is killed by SIGSEGV");
  EXPECT_EQ(WrongFailure(timeline, {}), "has not ended");
}

TEST(NamesError, TextNameOrNumberInAnyCase) {
  EXPECT_TRUE(NamesError("connect: No buffer space available", ENOBUFS));
  EXPECT_TRUE(NamesError("dial tcp: connect: no buffer space available", ENOBUFS));
  EXPECT_TRUE(NamesError("Error: connect ENOBUFS 127.0.0.1", ENOBUFS));
  EXPECT_TRUE(NamesError("(os error 105)", ENOBUFS));
  EXPECT_FALSE(NamesError("connect: Success", ENOBUFS));
  EXPECT_FALSE(NamesError("", ENOBUFS));
}

TEST(SameEndpoint, BracketsAndMappedFormsDoNotCount) {
  EXPECT_TRUE(SameEndpoint("[::ffff:127.0.0.1]:13013", "127.0.0.1:13013"));
  EXPECT_TRUE(SameEndpoint("[::1]:13013", "::1:13013"));
  EXPECT_FALSE(SameEndpoint("127.0.0.1:13", "127.0.0.1:13013"));
  EXPECT_FALSE(SameEndpoint("127.0.0.1:13013", "127.0.0.3:13013"));
}

TEST(Endpoint, IsWhatTheClientWasGiven) {
  Subject subject;
  subject.port = 13013;
  subject.address = "127.0.0.1";
  EXPECT_EQ(Endpoint(subject), "127.0.0.1:13013");
  EXPECT_EQ(Endpoint(subject, "127.0.0.3"), "127.0.0.3:13013");
  subject.transport = Transport::kTcp6;
  EXPECT_EQ(Endpoint(subject, "::1"), "[::1]:13013");
  subject.transport = Transport::kUnixStream;
  subject.path = "/run/s.sock";
  EXPECT_EQ(Endpoint(subject), "/run/s.sock");
}

TEST(EndpointConnects, LeavesOutTheResolversProbes) {
  Timeline timeline;
  Event probe{.kind = EventKind::kCall};
  probe.call = Call{.name = "connect", .role = SocketRole::kDatagram, .address = "127.0.0.1:13"};
  Event connect{.kind = EventKind::kCall};
  connect.call = Call{.name = "connect", .role = SocketRole::kClient, .address = "127.0.0.1:13"};
  timeline.Append(probe);
  timeline.Append(connect);
  EXPECT_THAT(EndpointConnects(timeline, "127.0.0.1:13"), ::testing::ElementsAre(1));
  EXPECT_THAT(EndpointConnects(timeline, "127.0.0.1:14"), ::testing::IsEmpty());
}

TEST(SessionOf, IsTheRunsFirstConnected) {
  Conversation refused{.connection = 0, .run = 0};
  Conversation first{.connection = 1, .run = 0, .connected = true};
  Conversation other{.connection = 2, .run = 1, .connected = true};
  EXPECT_EQ(SessionOf({refused, first, other}, 0)->connection, 1);
  EXPECT_EQ(SessionOf({refused, first, other}, 1)->connection, 2);
  EXPECT_FALSE(SessionOf({refused, first, other}, 2).has_value());
}

}  // namespace
}  // namespace sockspec
