// Tests of packets as bytes: known ones, and there and back.
#include "harness/base/raw_packet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <stdexcept>

namespace sockspec {
namespace {

using namespace std::string_literals;

RawPacket EchoRequest(int family) {
  const bool v4 = family == AF_INET;
  RawPacket packet{.family = family,
                   .protocol = v4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6},
                   .source = v4 ? "192.0.2.7" : "fd00::7",
                   .destination = v4 ? "198.51.100.7" : "fd00::9",
                   .message = (v4 ? "\x08"s : "\x80"s) + "\0\0\0\x12\x34\0\1abc"s};
  SetChecksum(&packet);
  return packet;
}

TEST(Checksum, IsThatOfRfc1071) {
  // The example of its section 3: the sum is ddf2.
  EXPECT_EQ(InternetChecksum("\x00\x01\xf2\x03\xf4\xf5\xf6\xf7"s), 0xffff & ~0xddf2);
  EXPECT_EQ(InternetChecksum(""), 0xffff);
  EXPECT_EQ(InternetChecksum("\x12"s), 0xffff & ~0x1200);
}

TEST(Checksum, OfIcmpV6CoversTheAddresses) {
  RawPacket packet = EchoRequest(AF_INET6);
  EXPECT_TRUE(HasRightChecksum(packet));
  packet.source = "fd00::8";
  EXPECT_FALSE(HasRightChecksum(packet));
  RawPacket v4 = EchoRequest(AF_INET);
  EXPECT_EQ(InternetChecksum(v4.message), 0);
  v4.source = "192.0.2.8";
  EXPECT_TRUE(HasRightChecksum(v4));
  v4.message[3] = static_cast<char>(v4.message[3] ^ 1);
  EXPECT_FALSE(HasRightChecksum(v4));
  v4.message = "\0\0\xff"s;
  EXPECT_FALSE(HasRightChecksum(v4));
}

TEST(Packet, ComesBackAsItWas) {
  RawPacket v4 = EchoRequest(AF_INET);
  v4.options = "\1\1\1\0"s;
  v4.type_of_service = 4;
  v4.hops = 3;
  const std::string bytes = EncodePacket(v4);
  EXPECT_EQ(bytes.size(), 24 + v4.message.size());
  EXPECT_EQ(bytes.substr(0, 4), "\x46\x04\0\x23"s);
  EXPECT_EQ(DecodePacket(bytes), v4);
  const RawPacket v6 = EchoRequest(AF_INET6);
  EXPECT_EQ(DecodePacket(EncodePacket(v6)), v6);
  EXPECT_THROW(EncodePacket({.family = AF_INET, .source = "x", .destination = "y"}),
               std::invalid_argument);
}

TEST(Packet, WithoutWholeHeaderIsNone) {
  const std::string v4 = EncodePacket(EchoRequest(AF_INET));
  const std::string v6 = EncodePacket(EchoRequest(AF_INET6));
  EXPECT_EQ(DecodePacket(""), std::nullopt);
  EXPECT_EQ(DecodePacket(v4.substr(0, 19)), std::nullopt);
  EXPECT_EQ(DecodePacket(v6.substr(0, 39)), std::nullopt);
  EXPECT_EQ(DecodePacket("\x44" + v4.substr(1)), std::nullopt);  // 16 bytes
  EXPECT_EQ(DecodePacket("\x4f" + v4.substr(1)), std::nullopt);  // 60
  EXPECT_EQ(DecodePacket("\x55" + v4.substr(1)), std::nullopt);  // version 5
  EXPECT_EQ(DecodePacket(v4.substr(0, 20)).value().message, "");
}

TEST(Packet, InWords) {
  RawPacket packet = EchoRequest(AF_INET);
  EXPECT_EQ(DescribePacket(EncodePacket(packet)),
            "ICMP echo request, identifier 4660, sequence 1, 11 bytes, from 192.0.2.7 to "
            "198.51.100.7");
  packet.message[1] = 3;
  packet.options = "\1\1\1\1"s;
  EXPECT_EQ(DescribePacket(EncodePacket(packet)),
            "ICMP echo request, code 3, identifier 4660, sequence 1, 11 bytes, wrong checksum, IP "
            "header of 24 bytes, from 192.0.2.7 to 198.51.100.7");
  packet.message = "\x63";
  EXPECT_THAT(DescribePacket(EncodePacket(packet)),
              testing::StartsWith("ICMP of type 99, 1 byte,"));
  RawPacket report{.family = AF_INET,
                   .protocol = IPPROTO_IGMP,
                   .source = "192.0.2.9",
                   .destination = "239.1.2.3",
                   .message = "\x16\0\0\0\xef\1\2\3"s};
  SetChecksum(&report);
  EXPECT_EQ(DescribePacket(EncodePacket(report)),
            "IGMP version 2 report for 239.1.2.3, 8 bytes, from 192.0.2.9 to 239.1.2.3");
  EXPECT_EQ(DescribePacket("abc"), "3 bytes that are no packet");
}

}  // namespace
}  // namespace sockspec
