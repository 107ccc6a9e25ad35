// Each way a connection can begin and end, between two peers of our own.
#include "harness/peer/stream_peer.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "harness/peer/stream_listener.h"

namespace sockspec {
namespace {

class Pair {
 public:
  Pair() : listener_(MakeAddress(Transport::kTcp4, "127.0.0.1"), 4) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(listener_.fd(), reinterpret_cast<sockaddr*>(&address), &size);
    client_.emplace(StreamPeer::Connect(
        MakeAddress(Transport::kTcp4, "127.0.0.1", ntohs(address.sin_port)), {}));
    client_->ContinueConnect();
    server_ = listener_.AcceptOne();
  }
  StreamPeer& client() { return *client_; }
  StreamPeer& server() { return *server_; }

 private:
  StreamListener listener_;
  std::optional<StreamPeer> client_, server_;
};

TEST(StreamPeer, ReadsDataThenFin) {
  Pair pair;
  EXPECT_EQ(pair.server().SendSome("hello"), 5u);
  pair.server().Close();
  EXPECT_EQ(pair.client().ReadSome(100), "hello");
  EXPECT_EQ(pair.client().state(), PeerState::kConnected);
  EXPECT_FALSE(pair.client().ReadSome(100).has_value());
  EXPECT_EQ(pair.client().state(), PeerState::kFin);
}

TEST(StreamPeer, AbortIsAReset) {
  Pair pair;
  pair.server().Abort();
  EXPECT_FALSE(pair.client().ReadSome(100).has_value());
  EXPECT_EQ(pair.client().state(), PeerState::kReset);
  EXPECT_EQ(pair.client().error(), ECONNRESET);
}

TEST(StreamPeer, CloseWithUnreadInputIsAReset) {
  Pair pair;
  EXPECT_EQ(pair.client().SendSome("0123456789"), 10u);
  EXPECT_EQ(pair.server().SendSome("reply"), 5u);
  pair.server().Close();
  EXPECT_EQ(pair.client().ReadSome(100), "reply");
  EXPECT_FALSE(pair.client().ReadSome(100).has_value());
  EXPECT_EQ(pair.client().state(), PeerState::kReset);
}

TEST(StreamPeer, HalfCloseLeavesTheOtherDirectionOpen) {
  Pair pair;
  pair.client().HalfClose();
  EXPECT_FALSE(pair.server().ReadSome(10).has_value());
  EXPECT_EQ(pair.server().state(), PeerState::kFin);
  EXPECT_EQ(pair.server().SendSome("late"), 4u);
  EXPECT_EQ(pair.client().ReadSome(10), "late");
}

TEST(StreamPeer, RefusalIsAValue) {
  int port = 0;
  {
    StreamListener listener(MakeAddress(Transport::kTcp4, "127.0.0.1"), 1);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(listener.fd(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  StreamPeer peer = StreamPeer::Connect(MakeAddress(Transport::kTcp4, "127.0.0.1", port), {});
  peer.ContinueConnect();
  EXPECT_EQ(peer.state(), PeerState::kFailed);
  EXPECT_EQ(peer.error(), ECONNREFUSED);
}

TEST(StreamPeer, WaitsForRoomInAUnixQueue) {
  const SocketAddress address =
      MakeAddress(Transport::kUnixStream, "/tmp/sockspec-queue-test.sock");
  StreamListener listener(address, 0);  // room for one
  StreamPeer first = StreamPeer::Connect(address, {});
  EXPECT_EQ(first.state(), PeerState::kConnected);
  StreamPeer second = StreamPeer::Connect(address, {}), third = StreamPeer::Connect(address, {});
  second.ContinueConnect();
  EXPECT_TRUE(second.WaitsForRoom());
  EXPECT_TRUE(listener.AcceptOne().has_value());
  second.ContinueConnect();
  EXPECT_EQ(second.state(), PeerState::kConnected);
  third.GiveUpWaiting();
  EXPECT_EQ(third.state(), PeerState::kFailed);
  EXPECT_EQ(third.error(), EAGAIN);
}

// Both ends of one connection of records.
class Records : public ::testing::Test {
 protected:
  Records()
      : address_(MakeAddress(Transport::kUnixSeqpacket, "@sockspec-" + std::to_string(getpid()))),
        listener_(address_, 1, false, SOCK_SEQPACKET),
        client_(StreamPeer::Connect(address_, {.type = SOCK_SEQPACKET})),
        server_(listener_.AcceptOne().value()) {}

  SocketAddress address_;
  StreamListener listener_;
  StreamPeer client_, server_;
};

TEST_F(Records, KeepTheirBounds) {
  EXPECT_EQ(server_.SendSome("one"), 3u);
  EXPECT_EQ(server_.SendSome("twenty"), 6u);
  EXPECT_EQ(client_.ReadSome(1), "one");
  EXPECT_EQ(client_.ReadSome(100), "twenty");
  EXPECT_FALSE(client_.ReadSome(100).has_value());
  EXPECT_EQ(client_.state(), PeerState::kConnected);
}

TEST_F(Records, WithoutBytesAreNoEnd) {
  server_.SendSome("");
  EXPECT_EQ(client_.ReadSome(100), "");
  EXPECT_EQ(client_.state(), PeerState::kConnected);
  server_.SendSome("");
  server_.SendSome("last");
  server_.Close();
  EXPECT_EQ(client_.ReadSome(100), "");
  EXPECT_EQ(client_.ReadSome(100), "last");
  EXPECT_FALSE(client_.ReadSome(100).has_value());
  EXPECT_EQ(client_.state(), PeerState::kFin);
}

TEST(StreamPeer, SendsUrgentData) {
  Pair pair;
  EXPECT_EQ(pair.client().SendUrgent("ab!"), 3u);
  EXPECT_EQ(pair.server().ReadSome(10), "ab");
  char urgent = 0;
  EXPECT_EQ(recv(pair.server().fd(), &urgent, 1, MSG_OOB), 1);
  EXPECT_EQ(urgent, '!');
}

TEST(StreamListener, RemovesItsPath) {
  const SocketAddress address =
      MakeAddress(Transport::kUnixStream, "/tmp/sockspec-listener-test.sock");
  {
    StreamListener listener(address, 1);
    EXPECT_FALSE(listener.HasPending());
    StreamPeer peer = StreamPeer::Connect(address, {});
    EXPECT_EQ(peer.state(), PeerState::kConnected);
    EXPECT_TRUE(listener.HasPending());
  }
  EXPECT_EQ(StreamPeer::Connect(address, {}).error(), ENOENT);
}

}  // namespace
}  // namespace sockspec
