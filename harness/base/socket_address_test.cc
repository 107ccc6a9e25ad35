// Tests of building and printing socket addresses.
#include "harness/base/socket_address.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <stdexcept>

namespace sockspec {
namespace {

std::string RoundTrip(Transport transport, const std::string& host, int port = 0) {
  return PrintAddress(MakeAddress(transport, host, port));
}

TEST(SocketAddress, IsPrintedAsItWasBuilt) {
  EXPECT_EQ(RoundTrip(Transport::kTcp4, "127.0.0.1", 13), "127.0.0.1:13");
  EXPECT_EQ(RoundTrip(Transport::kUdp4, "0.0.0.0", 65535), "0.0.0.0:65535");
  EXPECT_EQ(RoundTrip(Transport::kTcp6, "::1", 13), "[::1]:13");
  EXPECT_EQ(RoundTrip(Transport::kTcp6, "::ffff:127.0.0.1", 13), "[::ffff:127.0.0.1]:13");
  EXPECT_EQ(RoundTrip(Transport::kUdp6, "fe80::1%7", 13), "[fe80::1%7]:13");
  EXPECT_EQ(RoundTrip(Transport::kUdp6, "fe80::1%lo", 13), "[fe80::1%1]:13");
  EXPECT_EQ(RoundTrip(Transport::kUnixStream, "/tmp/s"), "/tmp/s");
  EXPECT_EQ(RoundTrip(Transport::kUnixDgram, "@abstract"), "@abstract");
  EXPECT_EQ(RoundTrip(Transport::kUnixDgram, std::string("@a\0b", 4)), std::string("@a\0b", 4));
}

TEST(SocketAddress, UnixLengths) {
  const std::size_t offset = offsetof(sockaddr_un, sun_path);
  EXPECT_EQ(MakeAddress(Transport::kUnixStream, "/tmp/s").length, offset + 7);
  EXPECT_EQ(MakeAddress(Transport::kUnixStream, "@name").length, offset + 5);
  const std::string longest(108, 'x');
  EXPECT_EQ(MakeAddress(Transport::kUnixStream, longest).length, offset + 108);
  EXPECT_EQ(RoundTrip(Transport::kUnixStream, longest), longest);
}

TEST(SocketAddress, KnowsItsPort) {
  EXPECT_EQ(MakeAddress(Transport::kTcp4, "127.0.0.1", 13).port(), 13);
  EXPECT_EQ(MakeAddress(Transport::kTcp6, "::1", 65535).port(), 65535);
  EXPECT_EQ(MakeAddress(Transport::kUnixStream, "/tmp/s").port(), 0);
}

TEST(SocketAddress, RefusesWhatIsNoAddress) {
  EXPECT_THROW(MakeAddress(Transport::kTcp4, "localhost", 13), std::invalid_argument);
  EXPECT_THROW(MakeAddress(Transport::kTcp4, "", 13), std::invalid_argument);
  EXPECT_THROW(MakeAddress(Transport::kTcp4, "::1", 13), std::invalid_argument);
  EXPECT_THROW(MakeAddress(Transport::kTcp4, std::string("127.0.0.1\0x", 11), 13),
               std::invalid_argument);
  EXPECT_THROW(MakeAddress(Transport::kTcp6, "127.0.0.1", 13), std::invalid_argument);
  EXPECT_THROW(MakeAddress(Transport::kTcp6, "[::1]", 13), std::invalid_argument);
  EXPECT_THROW(MakeAddress(Transport::kTcp6, "fe80::1%nosuch", 13), std::invalid_argument);
  EXPECT_THROW(MakeAddress(Transport::kTcp6, "fe80::1%", 13), std::invalid_argument);
  EXPECT_THROW(MakeAddress(Transport::kTcp4, "127.0.0.1", 65536), std::invalid_argument);
  EXPECT_THROW(MakeAddress(Transport::kTcp4, "127.0.0.1", -1), std::invalid_argument);
  EXPECT_THROW(MakeAddress(Transport::kUnixStream, ""), std::invalid_argument);
  EXPECT_THROW(MakeAddress(Transport::kUnixStream, std::string(109, 'x')), std::invalid_argument);
  EXPECT_THROW(MakeAddress(Transport::kUnixStream, std::string("/a\0b", 4)), std::invalid_argument);
}

TEST(PrintAddress, TakesWhateverAProgramPassed) {
  EXPECT_EQ(PrintAddress(nullptr, 0), "unnamed");
  sockaddr_un unnamed{.sun_family = AF_UNIX};
  EXPECT_EQ(PrintAddress(reinterpret_cast<sockaddr*>(&unnamed), sizeof(sa_family_t)), "unnamed");
  const SocketAddress inet = MakeAddress(Transport::kTcp4, "127.0.0.1", 13);
  EXPECT_EQ(PrintAddress(inet.get(), 3), "AF_INET in 3 bytes");
  EXPECT_EQ(PrintAddress(inet.get(), sizeof(sockaddr_storage)), "127.0.0.1:13");
  const SocketAddress inet6 = MakeAddress(Transport::kTcp6, "::1", 13);
  EXPECT_EQ(PrintAddress(inet6.get(), 16), "AF_INET6 in 16 bytes");
  EXPECT_EQ(PrintAddress(inet6.get(), 24), "[::1]:13");
  sockaddr other{.sa_family = 77};
  EXPECT_EQ(PrintAddress(&other, sizeof other), "family 77");
  other.sa_family = AF_UNSPEC;
  EXPECT_EQ(PrintAddress(&other, sizeof other), "unspecified");
}

}  // namespace
}  // namespace sockspec
