// Tests of the questions asked of a timeline, above all how a conversation ended.
#include "harness/evidence/timeline.h"

#include <errno.h>
#include <gmock/gmock.h>

namespace sockspec {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Event On(int connection, EventKind kind, std::string bytes = "", int error = 0) {
  return {.kind = kind, .connection = connection, .error = error, .bytes = std::move(bytes)};
}

// The one conversation of these events, each on connection 0.
Conversation Of(std::vector<Event> events) {
  Timeline timeline;
  for (Event& event : events) {
    event.connection = 0;
    timeline.Append(std::move(event));
  }
  const auto all = timeline.Conversations();
  EXPECT_THAT(all, SizeIs(1));
  return all.empty() ? Conversation{} : all[0];
}

const Event kConnect{
    .kind = EventKind::kConnected, .address = "127.0.0.1:13", .local_address = "127.0.0.1:40000"};

TEST(Conversations, FinAfterAnAnswer) {
  const auto conversation =
      Of({{.kind = EventKind::kConnecting, .run = 2, .address = "127.0.0.1:13"},
          kConnect,
          On(0, EventKind::kReceived, "Sun"),
          On(0, EventKind::kReceived, "day"),
          On(0, EventKind::kGotFin),
          On(0, EventKind::kClosed)});
  EXPECT_EQ(conversation.ending, Ending::kFin);
  EXPECT_TRUE(conversation.connected);
  EXPECT_FALSE(conversation.harness_closed_first);
  EXPECT_FALSE(conversation.harness_half_closed);
  EXPECT_EQ(conversation.received, "Sunday");
  EXPECT_EQ(conversation.run, 2);
  EXPECT_EQ(conversation.address, "127.0.0.1:13");
  EXPECT_EQ(conversation.local_address, "127.0.0.1:40000");
  EXPECT_THAT(conversation.events, ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(Conversations, ResetKeepsTheBytesBeforeIt) {
  const auto conversation =
      Of({kConnect, On(0, EventKind::kSent, "x"), On(0, EventKind::kReceived, "Sun"),
          On(0, EventKind::kGotReset, "", ECONNRESET)});
  EXPECT_EQ(conversation.ending, Ending::kReset);
  EXPECT_EQ(conversation.error, ECONNRESET);
  EXPECT_EQ(conversation.sent, "x");
  EXPECT_EQ(conversation.received, "Sun");
}

TEST(Conversations, AResetAfterTheFinDoesNotUnmakeIt) {
  const auto conversation = Of({kConnect, On(0, EventKind::kGotFin), On(0, EventKind::kSent, "x"),
                                On(0, EventKind::kGotReset, "", EPIPE)});
  EXPECT_EQ(conversation.ending, Ending::kFin);
  EXPECT_EQ(conversation.error, 0);
}

TEST(Conversations, Refused) {
  const auto conversation = Of({{.kind = EventKind::kConnecting, .address = "127.0.0.1:13"},
                                On(0, EventKind::kConnectFailed, "", ECONNREFUSED),
                                On(0, EventKind::kClosed)});
  EXPECT_EQ(conversation.ending, Ending::kRefused);
  EXPECT_EQ(conversation.error, ECONNREFUSED);
  EXPECT_FALSE(conversation.connected);
  EXPECT_FALSE(conversation.harness_closed_first);
}

TEST(Conversations, StillOpen) {
  EXPECT_EQ(Of({kConnect, On(0, EventKind::kReceived, "x")}).ending, Ending::kOpen);
  // A connect() that was never answered.
  const auto hanging = Of({On(0, EventKind::kConnecting)});
  EXPECT_EQ(hanging.ending, Ending::kOpen);
  EXPECT_FALSE(hanging.connected);
}

TEST(Conversations, TheHarnessEndedItAndSawNothingAfter) {
  for (const EventKind end : {EventKind::kClosed, EventKind::kAborted}) {
    const auto conversation = Of({kConnect, On(0, EventKind::kSent, "x"), On(0, end)});
    EXPECT_EQ(conversation.ending, Ending::kHarnessClosed);
    EXPECT_TRUE(conversation.harness_closed_first);
  }
}

TEST(Conversations, WhatTheProgramDidAfterTheHarnessClosedIsStillSaid) {
  const auto conversation =
      Of({kConnect, On(0, EventKind::kClosed), On(0, EventKind::kGotReset, "", ECONNRESET)});
  EXPECT_EQ(conversation.ending, Ending::kReset);
  EXPECT_TRUE(conversation.harness_closed_first);
}

TEST(Conversations, HalfCloseCountsOnlyBeforeTheProgramEnded) {
  EXPECT_TRUE(
      Of({kConnect, On(0, EventKind::kHalfClosed), On(0, EventKind::kGotFin)}).harness_half_closed);
  EXPECT_FALSE(
      Of({kConnect, On(0, EventKind::kGotFin), On(0, EventKind::kHalfClosed)}).harness_half_closed);
}

TEST(Conversations, AClientUnderTestIsConnectedByAccept) {
  const auto conversation =
      Of({{.kind = EventKind::kAccepted, .address = "127.0.0.1:40000"}, On(0, EventKind::kGotFin)});
  EXPECT_TRUE(conversation.connected);
  EXPECT_EQ(conversation.address, "127.0.0.1:40000");
}

TEST(Conversations, DatagramsKeepTheirBoundsAndAreNeverEnded) {
  const auto conversation =
      Of({On(0, EventKind::kDatagramSent, "q"), On(0, EventKind::kDatagramReceived, "answer"),
          On(0, EventKind::kDatagramReceived, ""), On(0, EventKind::kClosed)});
  EXPECT_TRUE(conversation.by_datagrams);
  EXPECT_TRUE(conversation.connected);
  EXPECT_EQ(conversation.ending, Ending::kOpen);
  EXPECT_EQ(conversation.sent, "q");
  EXPECT_EQ(conversation.received, "answer");
  EXPECT_THAT(conversation.DatagramsReceived(), ElementsAre("answer", ""));
  ASSERT_THAT(conversation.datagrams, SizeIs(3));
  EXPECT_TRUE(conversation.datagrams[0].by_harness);
  EXPECT_EQ(conversation.datagrams[2].event, 2);
}

TEST(Conversations, OfDatagramsKeepTheFirstError) {
  const auto conversation =
      Of({On(0, EventKind::kDatagramSent, "q"), On(0, EventKind::kDatagramError, "", ECONNREFUSED),
          On(0, EventKind::kDatagramError, "", EMSGSIZE)});
  EXPECT_EQ(conversation.error, ECONNREFUSED);
  EXPECT_TRUE(conversation.connected);
}

TEST(Conversations, AreSortedByNumberAndMadeOfWireEventsAlone) {
  Timeline timeline;
  timeline.Append(On(1, EventKind::kConnected));
  timeline.Append(On(0, EventKind::kConnected));
  timeline.Append({.kind = EventKind::kCall, .connection = 0, .call = Call{.name = "read"}});
  timeline.Append({.kind = EventKind::kStep, .text = "no connection"});
  timeline.Append(On(1, EventKind::kGotFin));
  const auto all = timeline.Conversations();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].connection, 0);
  EXPECT_EQ(all[0].ending, Ending::kOpen);
  EXPECT_THAT(all[0].events, ElementsAre(1));
  EXPECT_THAT(all[1].events, ElementsAre(0, 4));
  EXPECT_EQ(all[1].ending, Ending::kFin);
  EXPECT_THAT(Timeline{}.Conversations(), IsEmpty());
}

TEST(Timeline, FindsCallsByGlob) {
  Timeline timeline;
  timeline.Append({.kind = EventKind::kCall, .call = Call{.name = "accept4"}});
  timeline.Append({.kind = EventKind::kCall, .call = Call{.name = "read"}});
  timeline.Append({.kind = EventKind::kCall, .call = Call{.name = "accept"}});
  timeline.Append({.kind = EventKind::kStep, .text = "accept"});
  EXPECT_THAT(timeline.Calls("accept*"), ElementsAre(0, 2));
  EXPECT_THAT(timeline.Calls("accept"), ElementsAre(2));
  EXPECT_THAT(timeline.OfKind(EventKind::kStep), ElementsAre(3));
  EXPECT_THAT(timeline.Find([](const Event&) { return false; }), IsEmpty());
}

TEST(Timeline, OutputAndExitAreOfOneRun) {
  Timeline timeline;
  timeline.Append({.kind = EventKind::kOutput, .run = 0, .number = 1, .bytes = "a"});
  timeline.Append({.kind = EventKind::kOutput, .run = 0, .number = 2, .bytes = "error"});
  timeline.Append({.kind = EventKind::kOutput, .run = 1, .number = 1, .bytes = "other"});
  timeline.Append({.kind = EventKind::kOutput, .run = 0, .number = 1, .bytes = "b"});
  timeline.Append({.kind = EventKind::kProcessEnded, .run = 0, .number = 9});
  timeline.Append({.kind = EventKind::kExited, .run = 0, .number = 3});
  EXPECT_EQ(timeline.Output(0, 1), "ab");
  EXPECT_EQ(timeline.Output(0, 2), "error");
  EXPECT_EQ(timeline.Output(2, 1), "");
  ASSERT_NE(timeline.Exit(0), nullptr);
  EXPECT_EQ(timeline.Exit(0)->number, 3);
  EXPECT_EQ(timeline.Exit(1), nullptr);
}

}  // namespace
}  // namespace sockspec
