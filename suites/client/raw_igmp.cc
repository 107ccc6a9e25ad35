// Programs that watch IGMP: RFC 2236 s.2 and 2.3, raw(7).
#include <fmt/format.h>
#include <netinet/igmp.h>
#include <netinet/in.h>

#include <algorithm>
#include <string>
#include <vector>

#include "harness/base/text.h"
#include "suites/client/client_evidence.h"
#include "suites/client/raw_evidence.h"

namespace sockspec {
namespace {

constexpr const char* kMember = "198.51.100.23";
// Every host belongs to it, and nobody reports it: what the kernel itself says of other groups does
// not mix with the reports.
constexpr const char* kAllHosts = "224.0.0.1";
constexpr const char* kDamagedGroup = "239.11.22.33";
constexpr const char* kUnknownGroup = "239.44.55.66";
constexpr const char* kGoodGroup = "239.77.88.99";
constexpr char kUnknownType = '\x7e';

RawPacket Report(std::string_view group) {
  RawPacket report{.family = AF_INET,
                   .protocol = IPPROTO_IGMP,
                   .source = kMember,
                   .destination = kAllHosts,
                   .options = std::string("\x94\x04\x00\x00", 4),  // Router Alert, RFC 2113
                   .hops = 1};
  report.message = std::string({char{IGMP_V2_MEMBERSHIP_REPORT}, 0, 0, 0});
  for (const std::string_view byte : Split(group, '.')) {
    report.message += static_cast<char>(std::stoi(std::string(byte)));
  }
  SetChecksum(&report);
  return report;
}

SCENARIO(RawReports, kClient, {Transport::kIcmp4},
         "hosts report their groups: once with a wrong checksum, once with a type that is not "
         "known, and once as they should",
         .services = {"igmp"}) {
  RawPacket damaged = Report(kDamagedGroup), unknown = Report(kUnknownGroup);
  damaged.message[kIcmpChecksum] = static_cast<char>(damaged.message[kIcmpChecksum] ^ 0x10);
  unknown.message[0] = kUnknownType;
  SetChecksum(&unknown);
  Listen();
  Launch();
  SettleInWait();
  SendPacket(damaged, "a report with a wrong checksum");
  SettleInWait();
  SendPacket(unknown, "a message of an unknown type");
  SettleInWait();
  SendPacket(Report(kGoodGroup), kTheReply);
  SettleInWait();
  if (Running()) Interrupt();
  WaitForExit();
}

SCENARIO(RawReportsNoRight, kClient, {Transport::kIcmp4},
         "launched as ever, and in a second run without the right to open raw sockets",
         .services = {"igmp"}) {
  Listen();
  for (const bool without : {false, true}) {
    Launch({.without_raw_sockets = without});
    SettleInWait();
    SendPacket(Report(kGoodGroup), kTheReply);
    SettleInWait();
    if (Running()) Interrupt();
    WaitForExit();
    if (Running()) Kill();
  }
}

// The lines of the output that name the group.
std::vector<std::string> LinesWith(const std::string& output, std::string_view group) {
  std::vector<std::string> lines;
  for (const std::string_view line : Split(output, '\n')) {
    if (line.find(group) != std::string_view::npos) lines.emplace_back(line);
  }
  return lines;
}

// RAW-10: what is damaged or unknown is not reported.
CHECK(RawReports, "RAW-10") {
  const RawReplies reports = RepliesIn(timeline());
  Examine(reports.events);
  const std::string output = Output();
  const std::vector<std::string> good = LinesWith(output, kGoodGroup);
  if (good.empty()) {
    EXPECT_TRUE(WasInterrupted(timeline()))
        << fmt::format("ends without having shown the report of {}", kGoodGroup);
    EXPECT_TRUE(LinesWith(output, kDamagedGroup).empty() &&
                LinesWith(output, kUnknownGroup).empty())
        << fmt::format("shows what is no report, and not the report of {}: {}", kGoodGroup,
                       Quote(output));
    if (HasFailure()) return;
    Inconclusive("it had shown nothing when it was interrupted; it may have kept its output");
  }
  for (const auto& [group, what] : {std::pair(kDamagedGroup, "with a wrong checksum"),
                                    std::pair(kUnknownGroup, "of an unknown type")}) {
    for (const std::string& line : LinesWith(output, group)) {
      EXPECT_NE(ShapeOf(line), ShapeOf(good.front()))
          << fmt::format("shows a message {} as a report: {}", what, Quote(line));
    }
  }
}

// RAW-01: without the right to open raw sockets it says so and fails.
CHECK(RawReportsNoRight, "RAW-01") {
  if (LinesWith(Output(0), kGoodGroup).empty()) {
    Inconclusive("it shows nothing with the right to open raw sockets either");
  }
  const std::string wrong = WrongFailure(timeline(), End(1), 1);
  EXPECT_TRUE(wrong.empty()) << wrong << " without the right to open raw sockets";
  EXPECT_TRUE(!ErrorOutput(1).empty())
      << "says nothing on standard error without the right to open raw sockets";
}

}  // namespace
}  // namespace sockspec
