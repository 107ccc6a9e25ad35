// The timeline view: aligned columns, lanes, hostile texts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "reports/write/visible_text.h"
#include "reports/write/writer_test_support.h"
#include "reports/write/writers.h"

namespace sockspec::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TimelineLine Line(double milliseconds, const char* plane, const char* actor, std::string text,
                  Flow flow = Flow::kNone) {
  TimelineLine line;
  line.milliseconds = milliseconds;
  line.plane = plane;
  line.actor = actor;
  line.text = std::move(text);
  line.flow = flow;
  return line;
}

CaseTimeline Exchange() {
  return {.title = "daytimed server on tcp4: Exchanges, complete",
          .role = "server",
          .lines = {
              Line(2.204, "process", "harness", "launch ./daytimed 13013"),
              Line(8.1, "trace", "server", "listen(listener 1, 16) = 0"),
              Line(8.4, "harness", "harness", "ready"),
              Line(8.5, "kernel", "harness",
                   "ready: LISTEN 127.0.0.1:13013 backlog 16; 5 descriptors; 1 process"),
              Line(9, "wire", "harness", "connect 127.0.0.1:13013", Flow::kToProgram),
              Line(9.3, "trace", "server", "accept(listener 1, NULL) = connection 0 (fd 4)"),
              Line(9.31, "fault", "server", "write(connection 0, 26 bytes) shortened to 12"),
              Line(9.4, "trace", "server 2", "write(connection 0, 26 bytes) = 12 \"Sunday, Nov\""),
              Line(9.5, "wire", "harness", "<- 12 bytes \"Sunday, Nov\"", Flow::kFromProgram),
              Line(9.6, "wire", "harness", "connection 1: -> FIN (shutdown)", Flow::kToProgram),
              Line(1234.5, "process", "server", "exit 0")}};
}

CaseTimeline OfClient() {
  return {
      .title = "day client on tcp4: ClientExchange, complete",
      .role = "client",
      .lines = {Line(3, "trace", "client", "connect(client socket 1, 127.0.0.1:13013, 16) = 0"),
                Line(3.1, "wire", "harness", "accepted from 127.0.0.1:40602", Flow::kFromProgram),
                Line(3.2, "wire", "harness", "-> 26 bytes \"Sunday\"", Flow::kToProgram)}};
}

std::string All() {
  return WriteTimeline(Exchange(), TimelineForm::kColumns, {}) + "\n" +
         WriteTimeline(Exchange(), TimelineForm::kLadder, {}) + "\n" +
         WriteTimeline(OfClient(), TimelineForm::kLadder, {});
}

TEST(TimelineViewTest, IsAsApproved) {
  const std::string path = SOCKSPEC_REPORTS_DIR "/golden/timeline.txt";
  if (std::getenv("SOCKSPEC_APPROVE") != nullptr) WriteFile(path, All());
  EXPECT_EQ(ReadFile(path), All());
}

TEST(TimelineViewTest, KeepsToTheWidth) {
  CaseTimeline timeline = Exchange();
  timeline.lines.push_back(Line(1300, "trace", "server", "write(" + std::string(300, 'x') + ")"));
  for (const TimelineForm form : {TimelineForm::kColumns, TimelineForm::kLadder}) {
    for (const int width : {80, 100, 160}) {
      std::istringstream lines(WriteTimeline(timeline, form, {.width = width}));
      for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(Columns(line), static_cast<std::size_t>(width)) << line;
        EXPECT_FALSE(line.ends_with(' ')) << line;
      }
    }
  }
}

TEST(TimelineViewTest, ArrowsPointFromWhoSends) {
  const std::string ladder = WriteTimeline(Exchange(), TimelineForm::kLadder, {});
  EXPECT_THAT(ladder, ::testing::ContainsRegex("connect 127.0.0.1:13013 +──▶"));
  EXPECT_THAT(ladder, ::testing::ContainsRegex("12 bytes \"Sunday, Nov\" +◀──"));
  EXPECT_THAT(ladder, Not(HasSubstr("<- ")));
  EXPECT_THAT(ladder, Not(HasSubstr("-> ")));
  const std::string client = WriteTimeline(OfClient(), TimelineForm::kLadder, {});
  EXPECT_THAT(client, ::testing::ContainsRegex("──▶ +accepted from"));
  EXPECT_THAT(client, ::testing::ContainsRegex("◀── +26 bytes"));
}

TEST(TimelineViewTest, HostileTextsSteerNothing) {
  CaseTimeline timeline = Exchange();
  using namespace std::string_literals;  // NOLINT: for the NUL within
  const std::string hostile = "\x1b[2J\x1b]0;owned\x07\0\r\n::error::x\n\xff\xe2\x80\xae<script>"s;
  timeline.title += hostile;
  timeline.lines.push_back(Line(1300, "process", "server", hostile));
  timeline.lines.push_back(Line(1301, "wire", "harness", hostile, Flow::kToProgram));
  timeline.lines.push_back(Line(1302, "trace", hostile.c_str(), "connection 9" + hostile));
  for (const TimelineForm form : {TimelineForm::kColumns, TimelineForm::kLadder}) {
    const std::string text = WriteTimeline(timeline, form, {});
    for (const char* bad : {"\x1b", "\x07", "\r", "\xff", "\xe2\x80\xae"}) {
      EXPECT_THAT(text, Not(HasSubstr(bad)));
    }
    EXPECT_EQ(text.find('\0'), std::string::npos);
    EXPECT_THAT(text, Not(HasSubstr("\n::")));
  }
}

TEST(TimelineViewTest, LongTextsAreCutAndSaySo) {
  const CaseTimeline timeline{.title = "x",
                              .role = "server",
                              .lines = {Line(1, "wire", "harness", std::string(5000, 'y'))}};
  EXPECT_THAT(WriteTimeline(timeline, TimelineForm::kColumns, {}), HasSubstr("... (5000 bytes)"));
}

TEST(TimelineViewTest, ColourComesOnlyWhenAsked) {
  for (const TimelineForm form : {TimelineForm::kColumns, TimelineForm::kLadder}) {
    EXPECT_THAT(WriteTimeline(Exchange(), form, {}), Not(HasSubstr("\x1b")));
    EXPECT_THAT(WriteTimeline(Exchange(), form, {.colour = true}), HasSubstr("\x1b[1;31m"));
  }
}

}  // namespace
}  // namespace sockspec::report
