// Tests of the counters by causing what they count.
#include "harness/kernel/counters.h"

#include <gmock/gmock.h>

#include <system_error>

#include "harness/kernel/loopback_sockets.h"

namespace sockspec {
namespace {

// Other connections of this host may count at the same time: what is caused here is a lower bound.
TEST(TcpCounters, CountAResetForUnreadData) {
  const OwnedFd proc = OpenProc();
  const OwnedFd listener = OpenListener(Transport::kTcp4, "127.0.0.1");
  const OwnedFd client = OpenConnection(Transport::kTcp4, BoundAddress(listener.get()));
  OwnedFd accepted = AcceptFrom(listener);
  ASSERT_EQ(send(client.get(), "unread", 6, 0), 6);
  const TcpCounters before = ReadTcpCounters(proc.get());
  EXPECT_GE(before.abort_on_close, 0);
  EXPECT_GE(before.listen_overflows, 0);
  accepted.Reset();
  EXPECT_GE(ReadTcpCounters(proc.get()).abort_on_close, before.abort_on_close + 1);
}

TEST(TcpCounters, CountAResetForDataAfterTheClose) {
  const OwnedFd proc = OpenProc();
  const OwnedFd listener = OpenListener(Transport::kTcp4, "127.0.0.1");
  const OwnedFd client = OpenConnection(Transport::kTcp4, BoundAddress(listener.get()));
  AcceptFrom(listener).Reset();
  const TcpCounters before = ReadTcpCounters(proc.get());
  ASSERT_EQ(send(client.get(), "late", 4, 0), 4);
  EXPECT_GE(ReadTcpCounters(proc.get()).abort_on_data, before.abort_on_data + 1);
}

TEST(TcpCounters, CountAFullBacklog) {
  const OwnedFd proc = OpenProc();
  const OwnedFd listener = OpenListener(Transport::kTcp4, "127.0.0.1", 0);
  const SocketAddress server = BoundAddress(listener.get());
  const OwnedFd first = OpenConnection(Transport::kTcp4, server);
  const TcpCounters before = ReadTcpCounters(proc.get());
  const OwnedFd second = OpenSocket(Transport::kTcp4);
  ASSERT_EQ(fcntl(second.get(), F_SETFL, O_NONBLOCK), 0);
  EXPECT_EQ(connect(second.get(), server.get(), server.length), -1);
  EXPECT_EQ(errno, EINPROGRESS);
  EXPECT_GE(ReadTcpCounters(proc.get()).listen_overflows, before.listen_overflows + 1);
}

TEST(TcpCounters, NeedAProc) {
  const OwnedFd other(open("/", O_PATH | O_CLOEXEC));
  EXPECT_THROW(ReadTcpCounters(other.get()), std::system_error);
}

}  // namespace
}  // namespace sockspec
