// ICMP and IGMP messages against bytes that were worked out by hand from the RFCs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>
#include <string_view>

#include "reference/checksum.h"
#include "reference/icmp_message.h"
#include "reference/igmp_message.h"

namespace sockspec::reference {
namespace {

using testing::Eq;
using testing::Optional;
using namespace std::string_literals;
using namespace std::string_view_literals;

// With the right checksum in bytes 2 and 3.
std::string Sealed(std::string message) {
  Put16(message, 2, 0);
  Put16(message, 2, InternetChecksum(message));
  return message;
}

std::string Damaged(std::string message) {
  message.back() = static_cast<char>(message.back() ^ 1);
  return message;
}

// What a host makes of our request: another type, the rest as it was.
std::string Answered(const IcmpExchange& exchange) {
  std::string message = RequestMessage(exchange);
  message[0] = static_cast<char>(exchange.reply_type);
  return Sealed(message);
}

TEST(Checksum, OfTheExampleInRfc1071) {
  // Section 3: the sum is ddf2 after the carries.
  EXPECT_EQ(InternetChecksum("\x00\x01\xf2\x03\xf4\xf5\xf6\xf7"sv), 0xFFFF ^ 0xDDF2);
}

TEST(Checksum, OfAnOddNumberOfBytes) {
  EXPECT_EQ(InternetChecksum("\x12\x34\x56"sv), InternetChecksum("\x12\x34\x56\x00"sv));
  EXPECT_EQ(InternetChecksum(""sv), 0xFFFF);
}

TEST(Icmp, TimestampRequest) {
  // Type 13, code 0, then checksum, identifier, sequence number, and three times of which ours is
  // set.
  EXPECT_EQ(RequestMessage(TimestampExchange(0x1234, 0x0001, 0x01020304)),
            "\x0d\x00\xdc\xc4\x12\x34\x00\x01\x01\x02\x03\x04\0\0\0\0\0\0\0\0"sv);
}

TEST(Icmp, EchoRequest) {
  const std::string v4 = RequestMessage(EchoExchange(AF_INET, 0xABCD, 7));
  EXPECT_EQ(v4.substr(0, 2), "\x08\x00"sv);
  EXPECT_EQ(v4.substr(4, 4), "\xAB\xCD\x00\x07"sv);
  EXPECT_EQ(InternetChecksum(v4), 0);
  EXPECT_EQ(RequestMessage(EchoExchange(AF_INET6, 0xABCD, 7)).substr(0, 2), "\x80\x00"sv);
}

TEST(Icmp, TheReplyIsTaken) {
  const IcmpExchange echo = EchoExchange(AF_INET, 1, 2);
  EXPECT_THAT(ReplyData(echo, Answered(echo)), Optional(Eq(echo.data)));
  const IcmpExchange time = TimestampExchange(1, 2, 3);
  EXPECT_THAT(ReplyData(time, Answered(time)), Optional(Eq(time.data)));
}

TEST(Icmp, NothingElseIsTakenForTheReply) {
  const IcmpExchange echo = EchoExchange(AF_INET, 1, 2);
  const std::string good = Answered(echo);
  EXPECT_EQ(ReplyData(echo, RequestMessage(echo)), std::nullopt) << "its own request";
  EXPECT_EQ(ReplyData(echo, Answered(EchoExchange(AF_INET, 9, 2))), std::nullopt);
  EXPECT_EQ(ReplyData(echo, Answered(EchoExchange(AF_INET, 1, 9))), std::nullopt);
  EXPECT_EQ(ReplyData(echo, Damaged(good)), std::nullopt) << "checksum";
  EXPECT_EQ(ReplyData(echo, Sealed(Damaged(good))), std::nullopt) << "other data";
  for (std::size_t size = 4; size < good.size(); ++size) {
    EXPECT_EQ(ReplyData(echo, Sealed(good.substr(0, size))), std::nullopt) << size << " bytes";
  }
  EXPECT_EQ(ReplyData(echo, ""), std::nullopt);
}

TEST(Icmp, TheIpHeaderIsAsLongAsItSays) {
  const std::string plain = "\x45" + std::string(19, '\0');
  const std::string with_options = "\x46" + std::string(23, '\0');
  EXPECT_THAT(Ipv4Payload(plain + "data"), Optional(Eq("data")));
  EXPECT_THAT(Ipv4Payload(with_options + "data"), Optional(Eq("data")));
  EXPECT_EQ(Ipv4Payload(with_options.substr(0, 23)), std::nullopt) << "cut";
  EXPECT_EQ(Ipv4Payload("\x44" + std::string(23, '\0')), std::nullopt) << "less than 20 bytes";
  EXPECT_EQ(Ipv4Payload("\x65" + std::string(23, '\0')), std::nullopt) << "version 6";
  EXPECT_EQ(Ipv4Payload(""), std::nullopt);
}

TEST(Icmp, TimesOfDay) {
  const Timestamps times = ParseTimestamps("\0\0\0\1\x02\x93\x2e\0\x80\0\0\x05"sv);
  EXPECT_EQ(TimestampText(times.originate), "1 (00:00:00.001 UT)");
  EXPECT_EQ(TimestampText(times.receive), "43200000 (12:00:00.000 UT)");
  EXPECT_EQ(TimestampText(times.transmit), "2147483653 (not standard)");
  EXPECT_EQ(TimestampText(86'399'999), "86399999 (23:59:59.999 UT)");
  EXPECT_EQ(TimestampText(86'400'000), "86400000 (not standard)");
}

TEST(Igmp, KnownMessages) {
  const std::string group = "\xEF\x01\x02\x03";
  EXPECT_THAT(IgmpText(Sealed("\x16\0\0\0"s + group)),
              Optional(Eq("version 2 report for 239.1.2.3")));
  EXPECT_THAT(IgmpText(Sealed("\x12\0\0\0"s + group)),
              Optional(Eq("version 1 report for 239.1.2.3")));
  EXPECT_THAT(IgmpText(Sealed("\x17\0\0\0"s + group)),
              Optional(Eq("version 2 leave of 239.1.2.3")));
  EXPECT_THAT(IgmpText(Sealed("\x11\x64\0\0"s + group)),
              Optional(Eq("version 2 query for 239.1.2.3")));
  EXPECT_THAT(IgmpText(Sealed("\x11\0\0\0\0\0\0\0"s)),
              Optional(Eq("version 1 query for all groups")));
  EXPECT_THAT(IgmpText(Sealed("\x11\x64\0\0\0\0\0\0\2\x7d\0\0"s)),
              Optional(Eq("version 3 query for all groups")));
  EXPECT_THAT(IgmpText(Sealed("\x22\0\0\0\0\0\0\2\4\0\0\0"s + group + "\3\1\0\1"s + group +
                              "\x7f\0\0\1"s + "aux."s)),
              Optional(Eq("version 3 report: 239.1.2.3 changes to exclude 0 sources, 239.1.2.3 "
                          "changes to include 1 sources")));
}

TEST(Igmp, NothingElseIsShown) {
  const std::string good = Sealed("\x16\0\0\0\xEF\1\2\3"s);
  EXPECT_EQ(IgmpText(Damaged(good)), std::nullopt) << "checksum";
  EXPECT_EQ(IgmpText(Sealed(good.substr(0, 6))), std::nullopt) << "cut";
  EXPECT_EQ(IgmpText(Sealed("\x99" + good.substr(1))), std::nullopt) << "unknown type";
  EXPECT_EQ(IgmpText(""), std::nullopt);
  // A record that claims more than there is.
  EXPECT_EQ(IgmpText(Sealed("\x22\0\0\0\0\0\0\1\4\0\xff\xff\xEF\1\2\3"s)), std::nullopt);
  EXPECT_EQ(IgmpText(Sealed("\x22\0\0\0\0\0\xff\xff"s)), std::nullopt);
}

}  // namespace
}  // namespace sockspec::reference
