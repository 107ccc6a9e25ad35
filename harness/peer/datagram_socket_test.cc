// Datagrams between two sockets of our own: bounds, sources, errors, names.
#include "harness/peer/datagram_socket.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace sockspec {
namespace {

SocketAddress AddressOf(const DatagramSocket& socket) {
  SocketAddress address;
  address.length = sizeof address.storage;
  EXPECT_EQ(getsockname(socket.fd(), address.get(), &address.length), 0);
  return address;
}

std::string TemporaryPath(const std::string& name) {
  return "/tmp/sockspec-datagram-" + name + "-" + std::to_string(getpid());
}

class Udp : public ::testing::TestWithParam<Transport> {
 protected:
  SocketAddress Loopback() const {
    return MakeAddress(GetParam(), GetParam() == Transport::kUdp4 ? "127.0.0.1" : "::1");
  }
};

TEST_P(Udp, KeepsBoundsAndSources) {
  DatagramSocket one(GetParam(), Loopback()), other(GetParam(), Loopback());
  EXPECT_FALSE(one.Receive().has_value());
  for (const std::string text : {"first", "", "third"}) {
    EXPECT_EQ(one.Send(text, AddressOf(other)), 0);
  }
  for (const std::string text : {"first", "", "third"}) {
    const auto arrival = other.Receive();
    ASSERT_TRUE(arrival.has_value());
    EXPECT_EQ(arrival->error, 0);
    EXPECT_EQ(arrival->bytes, text);
    EXPECT_EQ(PrintAddress(arrival->from), one.local());
  }
  EXPECT_FALSE(other.Receive().has_value());
  const std::string largest(65507, 'x');
  EXPECT_EQ(one.Send(largest, AddressOf(other)), 0);
  EXPECT_EQ(other.Receive()->bytes, largest);
}

TEST_P(Udp, IsToldOnceThatNobodyReceives) {
  DatagramSocket one(GetParam(), Loopback());
  const SocketAddress nobody = AddressOf(DatagramSocket(GetParam(), Loopback()));
  EXPECT_EQ(one.Send("hello", nobody), 0);
  const auto arrival = one.Receive();
  ASSERT_TRUE(arrival.has_value());
  EXPECT_EQ(arrival->error, ECONNREFUSED);
  EXPECT_EQ(PrintAddress(arrival->from), PrintAddress(nobody));
  EXPECT_FALSE(one.Receive().has_value());
  pollfd entry{one.fd(), POLLIN, 0};
  EXPECT_EQ(poll(&entry, 1, 0), 0);
}

TEST_P(Udp, SendsAfterAnErrorThatNobodyHasTaken) {
  DatagramSocket one(GetParam(), Loopback()), other(GetParam(), Loopback());
  const SocketAddress nobody = AddressOf(DatagramSocket(GetParam(), Loopback()));
  EXPECT_EQ(one.Send("lost", nobody), 0);
  EXPECT_EQ(one.Send("kept", AddressOf(other)), 0);
  EXPECT_EQ(other.Receive()->bytes, "kept");
  EXPECT_EQ(one.Receive()->error, ECONNREFUSED);
}

TEST_P(Udp, ConnectedTakesFromThereAlone) {
  DatagramSocket one(GetParam(), Loopback()), friendly(GetParam(), Loopback()),
      foreign(GetParam(), Loopback());
  EXPECT_EQ(one.Connect(AddressOf(friendly)), 0);
  EXPECT_EQ(foreign.Send("foreign", AddressOf(one)), 0);
  EXPECT_EQ(friendly.Send("friendly", AddressOf(one)), 0);
  EXPECT_EQ(one.Receive()->bytes, "friendly");
  EXPECT_FALSE(one.Receive().has_value());
}

INSTANTIATE_TEST_SUITE_P(Families, Udp, ::testing::Values(Transport::kUdp4, Transport::kUdp6),
                         [](const auto& info) { return std::string(Name(info.param)); });

TEST(UnixDatagrams, OfAnUnnamedSenderHaveNoSource) {
  const SocketAddress address = MakeAddress(Transport::kUnixDgram, TemporaryPath("named"));
  DatagramSocket named(Transport::kUnixDgram, address), unnamed(Transport::kUnixDgram, {});
  EXPECT_EQ(unnamed.local(), "unnamed");
  EXPECT_EQ(unnamed.Send("hello", address), 0);
  const auto arrival = named.Receive();
  ASSERT_TRUE(arrival.has_value());
  EXPECT_EQ(arrival->bytes, "hello");
  EXPECT_EQ(PrintAddress(arrival->from), "unnamed");
}

TEST(UnixDatagrams, AbstractNamesNeedNoPath) {
  const SocketAddress address =
      MakeAddress(Transport::kUnixDgram, "@sockspec-" + std::to_string(getpid()));
  DatagramSocket one(Transport::kUnixDgram, address), other(Transport::kUnixDgram, {});
  EXPECT_EQ(other.Send("hello", address), 0);
  EXPECT_EQ(one.Receive()->bytes, "hello");
}

TEST(UnixDatagrams, ThePathGoesWithItsSocket) {
  const SocketAddress address = MakeAddress(Transport::kUnixDgram, TemporaryPath("gone"));
  { DatagramSocket socket(Transport::kUnixDgram, address); }
  DatagramSocket sender(Transport::kUnixDgram, {});
  EXPECT_EQ(sender.Send("hello", address), ENOENT);
}

TEST(UnixDatagrams, AFullQueueIsToldFromARefusal) {
  const SocketAddress address = MakeAddress(Transport::kUnixDgram, TemporaryPath("full"));
  DatagramSocket receiver(Transport::kUnixDgram, address), sender(Transport::kUnixDgram, {});
  int error = 0;
  for (int i = 0; i < 10'000 && error == 0; ++i) error = sender.Send("x", address);
  EXPECT_EQ(error, EAGAIN);
  EXPECT_TRUE(receiver.Receive().has_value());
  EXPECT_EQ(sender.Send("x", address), 0);
}

}  // namespace
}  // namespace sockspec
