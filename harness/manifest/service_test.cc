// Tests of services: the built-in ones, those of a manifest with their errors, and what counts as a
// whole reply.
#include "harness/manifest/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/manifest/expected_reply.h"
#include "harness/manifest/manifest.h"

namespace sockspec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// A server of the service that the other lines, from line 5 on, define.
std::string Written(const std::string& name, const std::string& definition) {
  std::string file = ::testing::TempDir() + "service_test.toml";
  std::ofstream(file, std::ios::binary)
      << "[server]\nservice = \"" << name
      << "\"\ntransports = [\"tcp4\"]\ncommand = [\"./s\", \"{port}\"]\n"
      << definition;
  return file;
}

Service Defined(const std::string& lines) {
  return LoadManifest(Written("own", "[services.own]\n" + lines)).programs.at(0).definition;
}

std::string ErrorOf(const std::string& name, const std::string& definition) {
  const std::string file = Written(name, definition);
  try {
    LoadManifest(file);
    return "none";
  } catch (const ManifestError& error) {
    const std::string what = error.what();
    return what.substr(file.size() + 1);
  }
}

std::string ErrorIn(const std::string& lines) { return ErrorOf("own", "[services.own]\n" + lines); }

bool Whole(const Service& service, std::string_view received) {
  return ExpectedReply(service).IsWhole(received);
}

TEST(BuiltIn, EachIsKnownByItsName) {
  for (const std::string& name : BuiltInServiceNames()) {
    ASSERT_NE(FindBuiltInService(name), nullptr) << name;
    EXPECT_EQ(FindBuiltInService(name)->name, name);
    EXPECT_FALSE(FindBuiltInService(name)->own);
  }
  EXPECT_EQ(FindBuiltInService("http"), nullptr);
  EXPECT_EQ(FindBuiltInService(""), nullptr);
}

TEST(BuiltIn, RawServicesAreForClientsOverRawSockets) {
  const Service& echo = *FindBuiltInService("icmp-echo");
  const Service& timestamp = *FindBuiltInService("icmp-timestamp");
  EXPECT_EQ(WhyNotSpoken(echo, Role::kClient, Transport::kIcmp4), "");
  EXPECT_EQ(WhyNotSpoken(echo, Role::kClient, Transport::kIcmp6), "");
  EXPECT_EQ(WhyNotSpoken(timestamp, Role::kClient, Transport::kIcmp4), "");
  EXPECT_EQ(WhyNotSpoken(timestamp, Role::kClient, Transport::kIcmp6),
            "icmp-timestamp is not spoken over icmp6; write icmp4");
  EXPECT_EQ(WhyNotSpoken(echo, Role::kServer, Transport::kIcmp4),
            "icmp-echo is for clients: the kernel is its server");
  EXPECT_EQ(WhyNotSpoken(echo, Role::kClient, Transport::kTcp4),
            "icmp-echo is not spoken over tcp4; write icmp4 or icmp6");
  EXPECT_EQ(WhyNotSpoken(*FindBuiltInService("daytime"), Role::kClient, Transport::kIcmp4),
            "daytime is not spoken over icmp4; its services are icmp-echo, icmp-timestamp, igmp");
  EXPECT_EQ(WhyNotSpoken(*FindBuiltInService("daytime"), Role::kClient, Transport::kUdp6), "");
}

TEST(BuiltIn, TraitsFollowFromTheDefinition) {
  EXPECT_THAT(TraitsOf(*FindBuiltInService("daytime")),
              ElementsAre("any", "server-first", "server-closes", "replies", "one-round"));
  EXPECT_THAT(TraitsOf(*FindBuiltInService("discard")),
              ElementsAre("any", "client-first", "client-closes", "one-round"));
  EXPECT_THAT(TraitsOf(*FindBuiltInService("time")),
              ElementsAre("any", "server-first", "replies", "one-round"));
}

TEST(BuiltIn, WholeReplies) {
  const Service& echo = *FindBuiltInService("echo");
  EXPECT_TRUE(Whole(echo, echo.Requests()));
  EXPECT_FALSE(Whole(echo, echo.Requests() + "x"));
  EXPECT_FALSE(Whole(echo, echo.Requests().substr(1)));
  EXPECT_TRUE(Whole(*FindBuiltInService("time"), std::string_view("\0\n\xff\r", 4)));
  EXPECT_FALSE(Whole(*FindBuiltInService("time"), "12345678"));
  EXPECT_TRUE(Whole(*FindBuiltInService("discard"), ""));
  EXPECT_FALSE(Whole(*FindBuiltInService("discard"), "OK"));
  EXPECT_FALSE(Whole(*FindBuiltInService("qotd"), ""));
  EXPECT_TRUE(Whole(*FindBuiltInService("qotd"), "Time flies.\nBut where to?\n"));
  const std::string much(1 << 20, '\0');
  EXPECT_TRUE(Whole(*FindBuiltInService("chargen"), much));
  EXPECT_FALSE(Whole(*FindBuiltInService("chargen"), much.substr(0, 100)));
}

TEST(OwnService, AStepMaySendAndExpect) {
  const Service redis = Defined(
      "steps = [{ send = \"PING\\r\\n\", expect = \"+PONG\\r\\n\" }]\ncloses = \"client\"\n");
  EXPECT_TRUE(redis.own);
  EXPECT_EQ(redis.closes, Closer::kClient);
  ASSERT_EQ(redis.rounds.size(), 1u);
  EXPECT_EQ(redis.rounds[0].request, "PING\r\n");
  EXPECT_TRUE(Whole(redis, "+PONG\r\n"));
  EXPECT_FALSE(Whole(redis, "-ERR\r\n"));
}

TEST(OwnService, StepsOfOneKindEachMeanTheSame) {
  const char* ends = "closes = \"client\"\n";
  EXPECT_EQ(Defined(std::string("steps = [{ send = \"a\" }, { expect = \"b\" }]\n") + ends),
            Defined(std::string("steps = [{ send = \"a\", expect = \"b\" }]\n") + ends));
}

TEST(OwnService, AServerMaySpeakFirstAndInSeveralRounds) {
  const Service smtp = Defined(
      "banner = { pattern = '220-.*' }\n"
      "steps = [{ expect = { pattern = '220 .*\\r\\n' } },\n"
      "         { send = \"QUIT\\r\\n\", expect = { pattern = '221[ -].*\\r\\n' } }]\n"
      "closes = \"server\"\n");
  EXPECT_TRUE(smtp.ServerSpeaksFirst());
  EXPECT_TRUE(Whole(smtp, "220 mx ESMTP\r\n221 bye\r\n"));
  EXPECT_TRUE(Whole(smtp, "220-hello\r\n220-there\r\n220 mx ESMTP\r\n221 bye\r\n"));
  EXPECT_FALSE(Whole(smtp, "220 mx ESMTP\r\n"));
  EXPECT_FALSE(Whole(smtp, "554 no\r\n221 bye\r\n"));
  const ExpectedReply expected(smtp);
  EXPECT_TRUE(expected.EndsRound(0, "220-hello\r\n220 mx\r\n"));
  EXPECT_FALSE(expected.EndsRound(0, "220-hello\r\n"));
  EXPECT_TRUE(expected.EndsRound(1, "221 bye\r\n"));
}

TEST(OwnService, OtherKindsOfReplies) {
  const auto with = [](const std::string& expect) {
    return Defined("steps = [{ send = { hex = \"00 fF\" }, expect = { " + expect +
                   " } }]\ncloses = \"client\"\n");
  };
  EXPECT_EQ(with("bytes = 2").Requests(), std::string("\0\xff", 2));
  EXPECT_TRUE(Whole(with("hex = \"0aff\""), "\n\xff"));
  EXPECT_TRUE(Whole(with("bytes = 3"), "a\nc"));
  EXPECT_FALSE(Whole(with("bytes = 3"), "ab"));
  EXPECT_TRUE(Whole(with("reply = \"request\""), std::string_view("\0\xff", 2)));
  EXPECT_TRUE(Whole(with("reply = \"nothing\""), ""));
  EXPECT_FALSE(Whole(with("reply = \"nothing\""), "x"));
  EXPECT_TRUE(Whole(with("reply = \"anything\""), "x"));
  EXPECT_TRUE(with("reply = \"endless\"").Endless());
  EXPECT_TRUE(Whole(with("text = \"a.c\""), "a.c"));
  EXPECT_FALSE(Whole(with("text = \"a.c\""), "abc"));
}

TEST(OwnService, ABannerOfLinesIsPassedOver) {
  const Service service =
      Defined("banner = { lines = 2 }\nsteps = [{ expect = \"ready\\n\" }]\ncloses = \"either\"\n");
  EXPECT_TRUE(Whole(service, "one\ntwo\nready\n"));
  EXPECT_FALSE(Whole(service, "one\nready\n"));
}

struct Wrong {
  std::string lines;
  std::string error;
};

TEST(OwnService, EachErrorNamesTheLineTheKeyAndTheMend) {
  const Wrong cases[] = {
      {"closes = \"client\"\n",
       "5: services.own.steps: is missing; write steps = [{ send = \"PING\\r\\n\", expect = "
       "\"+PONG\\r\\n\" }]"},
      {"steps = [{ expect = \"a\" }]\n",
       "5: services.own.closes: is missing; write closes = \"server\", \"client\" or \"either\""},
      {"steps = [{ expect = \"a\" }]\ncloses = \"srver\"\n",
       "7: services.own.closes: unknown word \"srver\"; did you mean \"server\"?"},
      {"steps = [{ expects = \"a\" }]\n",
       "6: services.own.steps.expects: unknown key; did you mean \"expect\"?"},
      {"steps = [\n  { expect = { pattern = '(' } },\n]\n",
       "7: services.own.steps.expect.pattern: \"(\" is no Perl regular expression: Unmatched "
       "marking parenthesis ( or \\(; put \\ before a sign that stands for itself"},
      {"steps = [{ expect = { pattern = '.*' } }]\n",
       "6: services.own.steps.expect.pattern: takes an empty reply; write expect = { reply = "
       "\"nothing\" } where none is due"},
      {"steps = [{ expect = \"\" }]\n",
       "6: services.own.steps.expect: is empty; write { reply = \"nothing\" } where no reply is "
       "due"},
      {"steps = [{ expect = { text = \"a\", bytes = 1 } }]\n",
       "6: services.own.steps.expect: has 2 keys; write expect = \"+PONG\\r\\n\", or a table with "
       "one of text, hex, pattern, bytes, reply"},
      {"steps = [{ expect = \"a\" }, { expect = \"b\" }]\n",
       "6: services.own.steps.expect: follows another one; put both into one pattern, or a send "
       "between them"},
      {"steps = [{ expect = { reply = \"request\" } }]\n",
       "6: services.own.steps.expect: nothing was sent that could come back; give the step a send"},
      {"steps = [{ send = { hex = \"abc\" } }]\n",
       "6: services.own.steps.send.hex: has half a byte; write two digits for each"},
      {"steps = [{ expect = { hex = \"0x41\" } }]\n",
       "6: services.own.steps.expect.hex: \"0x41\" has more than hexadecimal digits and spaces; "
       "write hex = \"2b 50 4f\""},
      {"steps = [{ expect = { reply = \"endless\" } }, { send = \"a\" }]\n",
       "6: services.own.steps: an endless reply is followed by another step; make it the last"},
      {"steps = [{ expect = { reply = \"endless\" } }]\ncloses = \"server\"\n",
       "7: services.own.closes: the reply is endless, so the client closes; write closes = "
       "\"client\""},
      {"steps = [{ send = \"a\" }]\ncloses = \"either\"\n",
       "7: services.own.closes: without a reply only the end shows that it serves; write "
       "\"server\" or \"client\""},
      {"banner = { lines = 0 }\nsteps = [{ expect = \"a\" }]\ncloses = \"server\"\n",
       "6: services.own.banner.lines: 0 is too small; 1 is the least"},
  };
  for (const Wrong& wrong : cases) EXPECT_EQ(ErrorIn(wrong.lines), wrong.error) << wrong.lines;
}

TEST(OwnService, NamesAndUse) {
  const std::string good = "steps = [{ expect = \"a\" }]\ncloses = \"server\"\n";
  EXPECT_EQ(ErrorOf("echo", "[services.echo]\n" + good),
            "5: services.echo: is built in; give your own service another name");
  EXPECT_EQ(ErrorOf("A b", "[services.\"A b\"]\n" + good),
            "5: services.\"A b\": is no name for a service; write small letters, digits and -, 32 "
            "at most");
  EXPECT_EQ(ErrorOf("rediss", "[services.redis]\n" + good),
            "2: server.service: unknown service \"rediss\"; did you mean \"redis\"?, or define "
            "[services.NAME]");
  EXPECT_THAT(ErrorOf("redis", "[services.redis]\n" + good +
                                   "[client]\nservice = \"redis\"\ntransports = [\"tcp4\"]\n"
                                   "command = [\"./c\", \"{port}\"]\n"),
              HasSubstr("9: client.service: \"redis\" is a service of your own, which only servers "
                        "are judged on"));
  EXPECT_THAT(ErrorOf("redis", "[services.redis]\n" + good), Not(HasSubstr(":")));
}

TEST(Pattern, ReferencesBackAreRefused) {
  EXPECT_EQ(WhyNoPattern("(a)\\1"), "it refers back to a group");
  EXPECT_EQ(WhyNoPattern("(a)\\d"), "");
  EXPECT_NE(WhyNoPattern("a)(b"), "");
}

}  // namespace
}  // namespace sockspec
