// Tests of the kernel's tables against sockets opened here, from both sources.
#include "harness/kernel/socket_table.h"

#include <gmock/gmock.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "harness/kernel/loopback_sockets.h"

namespace sockspec {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

std::uint64_t InodeOf(const OwnedFd& fd) {
  struct stat status {};
  CheckCall(fstat(fd.get(), &status), "fstat({})", fd.get());
  return status.st_ino;
}

class SocketTables : public testing::TestWithParam<SocketTable::Source> {
 protected:
  bool by_diag() const { return GetParam() == SocketTable::Source::kDiag; }

  // The row of a socket of ours, or an empty one.
  template <typename Socket>
  static Socket RowOf(const std::vector<Socket>& rows, const OwnedFd& fd) {
    for (const Socket& socket : rows) {
      if (socket.row.inode == InodeOf(fd)) return socket;
    }
    ADD_FAILURE() << "no row for descriptor " << fd.get();
    return {};
  }

  const OwnedFd proc_ = OpenProc();
  SocketTable table_{proc_.get(), GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Sources, SocketTables,
                         testing::Values(SocketTable::Source::kDiag, SocketTable::Source::kProc),
                         [](const auto& info) {
                           return info.param == SocketTable::Source::kDiag ? "Diag" : "Proc";
                         });

TEST_P(SocketTables, UseTheSourceAskedFor) { EXPECT_EQ(table_.tcp_source(), GetParam()); }

TEST_P(SocketTables, ListenersAndTheirQueues) {
  const OwnedFd four = OpenListener(Transport::kTcp4, "127.0.0.1", 5);
  const OwnedFd six = OpenListener(Transport::kTcp6, "::1", 7);
  const OwnedFd bound_only = OpenBound(Transport::kTcp4, "127.0.0.1");
  const OwnedFd waiting = OpenConnection(Transport::kTcp4, BoundAddress(four.get()));
  const auto listeners = table_.TcpListeners();
  const InetSocket of_four = RowOf(listeners, four);
  EXPECT_EQ(of_four.row.state, "LISTEN");
  EXPECT_EQ(of_four.row.local, PrintAddress(BoundAddress(four.get())));
  EXPECT_EQ(of_four.row.remote, "");
  EXPECT_EQ(of_four.local_port, BoundAddress(four.get()).port());
  EXPECT_EQ(of_four.row.receive_queue, 1);
  EXPECT_EQ(of_four.row.send_queue, by_diag() ? 5 : -1);
  EXPECT_EQ(of_four.row.v6_only, std::nullopt);
  EXPECT_EQ(RowOf(listeners, six).row.local, PrintAddress(BoundAddress(six.get())));
  EXPECT_EQ(RowOf(listeners, six).row.receive_queue, 0);
  for (const InetSocket& listener : listeners) {
    EXPECT_NE(listener.row.inode, InodeOf(bound_only));
    EXPECT_NE(listener.row.inode, InodeOf(waiting));
  }
}

// The backlog asked for is cut to the kernel's limit.
TEST_P(SocketTables, BacklogInForce) {
  const OwnedFd listener = OpenListener(Transport::kTcp4, "127.0.0.1", 1'000'000);
  const auto row = RowOf(table_.TcpListeners(), listener).row;
  if (by_diag()) {
    EXPECT_GT(row.send_queue, 0);
    EXPECT_LT(row.send_queue, 1'000'000);
  } else {
    EXPECT_EQ(row.send_queue, -1);
  }
}

TEST_P(SocketTables, V6OnlyOfTheWildcard) {
  for (const int only : {0, 1}) {
    const OwnedFd listener = OpenSocket(Transport::kTcp6);
    CheckCall(setsockopt(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only),
              "setsockopt(IPV6_V6ONLY)");
    const SocketAddress address = MakeAddress(Transport::kTcp6, "::");
    CheckCall(bind(listener.get(), address.get(), address.length), "bind([::]:0)");
    CheckCall(listen(listener.get(), 1), "listen");
    const auto row = RowOf(table_.TcpListeners(), listener).row;
    EXPECT_EQ(row.v6_only, by_diag() ? std::optional(only == 1) : std::nullopt);
  }
}

TEST_P(SocketTables, OneConnectionSeenFromBothEnds) {
  for (const auto& [transport, host] :
       {std::pair(Transport::kTcp4, "127.0.0.1"), std::pair(Transport::kTcp6, "::1")}) {
    const OwnedFd listener = OpenListener(transport, host);
    const SocketAddress server = BoundAddress(listener.get());
    const OwnedFd client = OpenConnection(transport, server);
    const SocketAddress own = BoundAddress(client.get());

    // Not yet accepted: established, and nobody's.
    auto seen = table_.TcpConnection(server, own);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->row.inode, 0);

    const OwnedFd accepted = AcceptFrom(listener);
    ASSERT_EQ(send(client.get(), "hello", 5, 0), 5);
    seen = table_.TcpConnection(server, own);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->row.state, "ESTABLISHED");
    EXPECT_EQ(seen->row.inode, InodeOf(accepted));
    EXPECT_EQ(seen->row.local, PrintAddress(server));
    EXPECT_EQ(seen->row.remote, PrintAddress(own));
    EXPECT_EQ(seen->remote_port, own.port());
    EXPECT_EQ(seen->row.receive_queue, 5);

    seen = table_.TcpConnection(own, server);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->row.inode, InodeOf(client));
    EXPECT_EQ(seen->row.receive_queue, 0);
  }
}

TEST_P(SocketTables, AListenerIsNoConnection) {
  const OwnedFd listener = OpenListener(Transport::kTcp4, "127.0.0.1");
  const SocketAddress server = BoundAddress(listener.get());
  EXPECT_FALSE(table_.TcpConnection(server, MakeAddress(Transport::kTcp4, "127.0.0.1", 1)));
}

TEST_P(SocketTables, AConnectionToADualStackListenerIsFoundByItsIpv4Ends) {
  const OwnedFd listener = OpenSocket(Transport::kTcp6);
  const int off = 0;
  CheckCall(setsockopt(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off),
            "setsockopt(IPV6_V6ONLY)");
  const SocketAddress any = MakeAddress(Transport::kTcp6, "::");
  CheckCall(bind(listener.get(), any.get(), any.length), "bind([::]:0)");
  CheckCall(listen(listener.get(), 1), "listen");
  const SocketAddress server =
      MakeAddress(Transport::kTcp4, "127.0.0.1", BoundAddress(listener.get()).port());
  const OwnedFd client = OpenConnection(Transport::kTcp4, server);
  const OwnedFd accepted = AcceptFrom(listener);
  const auto seen = table_.TcpConnection(server, BoundAddress(client.get()));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->row.inode, InodeOf(accepted));
  EXPECT_EQ(seen->row.local, "[::ffff:127.0.0.1]:" + std::to_string(server.port()));
}

TEST_P(SocketTables, RefuseEndsThatAreNoTcp) {
  const SocketAddress inet = MakeAddress(Transport::kTcp4, "127.0.0.1", 1);
  const SocketAddress path = MakeAddress(Transport::kUnixStream, "/tmp/s");
  EXPECT_THROW(table_.TcpConnection(path, path), std::invalid_argument);
  EXPECT_THROW(table_.TcpConnection(inet, MakeAddress(Transport::kTcp6, "::1", 1)),
               std::invalid_argument);
}

TEST_P(SocketTables, WhoClosedFirstWaits) {
  OwnedFd listener = OpenListener(Transport::kTcp4, "127.0.0.1");
  const SocketAddress server = BoundAddress(listener.get());
  OwnedFd client = OpenConnection(Transport::kTcp4, server);
  const SocketAddress own = BoundAddress(client.get());
  OwnedFd accepted = AcceptFrom(listener);
  client.Reset();  // the client is first: the server's end still waits for its close()
  auto at_port = table_.TcpAtPort(server.port());
  EXPECT_EQ(RowOf(at_port, accepted).row.state, "CLOSE_WAIT");
  ASSERT_THAT(at_port, SizeIs(1)) << "listeners are left out";
  accepted.Reset();
  EXPECT_THAT(table_.TcpAtPort(server.port()), IsEmpty());
  const auto clients = table_.TcpAtPort(server.port(), SocketTable::Port::kRemote);
  ASSERT_THAT(clients, SizeIs(1));
  EXPECT_EQ(clients[0].row.state, "TIME_WAIT");
  EXPECT_EQ(clients[0].row.inode, 0);
  EXPECT_EQ(clients[0].row.local, PrintAddress(own));
  EXPECT_EQ(clients[0].local_port, own.port());
  // Strangers' connections to elsewhere may have the same port at this end.
  EXPECT_THAT(table_.TcpAtPort(own.port()),
              testing::Contains(testing::Field(&InetSocket::remote_port, server.port())));

  const OwnedFd second = OpenConnection(Transport::kTcp4, server);
  AcceptFrom(listener).Reset();  // the server is first
  at_port = table_.TcpAtPort(server.port());
  ASSERT_THAT(at_port, SizeIs(1));
  EXPECT_THAT(at_port[0].row.state, testing::AnyOf("FIN_WAIT1", "FIN_WAIT2"));
  EXPECT_EQ(at_port[0].row.inode, 0) << "closed, not only shut down";
}

TEST_P(SocketTables, UdpByPort) {
  const OwnedFd four = OpenBound(Transport::kUdp4, "127.0.0.1");
  const SocketAddress server = BoundAddress(four.get());
  const OwnedFd client = OpenConnection(Transport::kUdp4, server);
  ASSERT_EQ(send(client.get(), "x", 1, 0), 1);
  const auto rows = table_.UdpSockets(server.port());
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].row.inode, InodeOf(four));
  EXPECT_EQ(rows[0].row.state, "UNCONNECTED");
  EXPECT_EQ(rows[0].row.local, PrintAddress(server));
  EXPECT_EQ(rows[0].row.remote, "");
  EXPECT_GT(rows[0].row.receive_queue, 0);
  const auto own = table_.UdpSockets(BoundAddress(client.get()).port());
  ASSERT_THAT(own, SizeIs(1));
  EXPECT_EQ(own[0].row.state, "ESTABLISHED");
  EXPECT_EQ(own[0].row.remote, PrintAddress(server));
  const OwnedFd six = OpenBound(Transport::kUdp6, "::1");
  EXPECT_EQ(RowOf(table_.UdpSockets(BoundAddress(six.get()).port()), six).row.local,
            PrintAddress(BoundAddress(six.get())));
}

TEST_P(SocketTables, UnixByPathAndAbstractName) {
  const std::string path = testing::TempDir() + "a socket " + std::to_string(getpid());
  const std::string name = "@sockspec-test-" + std::to_string(getpid());
  const OwnedFd listener = OpenListener(Transport::kUnixStream, path, 3);
  const OwnedFd datagrams = OpenBound(Transport::kUnixDgram, name);
  const OwnedFd client =
      OpenConnection(Transport::kUnixStream, MakeAddress(Transport::kUnixStream, path));
  const auto before = RowOf(table_.UnixSockets(), listener);
  EXPECT_EQ(before.row.state, "LISTEN");
  EXPECT_EQ(before.row.local, path);
  EXPECT_EQ(before.type, SOCK_STREAM);
  EXPECT_EQ(before.row.send_queue, by_diag() ? 3 : -1);
  EXPECT_EQ(before.row.receive_queue, by_diag() ? 1 : -1);
  const OwnedFd accepted = AcceptFrom(listener);
  const auto rows = table_.UnixSockets();
  EXPECT_EQ(RowOf(rows, client).row.state, "ESTABLISHED");
  EXPECT_EQ(RowOf(rows, client).row.local, "");
  EXPECT_EQ(RowOf(rows, client).peer_inode, by_diag() ? InodeOf(accepted) : 0);
  EXPECT_EQ(RowOf(rows, datagrams).row.local, name);
  EXPECT_EQ(RowOf(rows, datagrams).row.state, "UNCONNECTED");
  EXPECT_EQ(RowOf(rows, datagrams).type, SOCK_DGRAM);
  unlink(path.c_str());
}

// What `body` returns in a network namespace of its own, where anybody may do everything.
int InOwnNamespace(int (*body)(SocketTable&), SocketTable::Source source) {
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) _exit(101);
    const OwnedFd control = OpenSocket(Transport::kUdp4);
    ifreq up = {};
    strcpy(up.ifr_name, "lo");
    up.ifr_flags = IFF_UP;
    if (ioctl(control.get(), SIOCSIFFLAGS, &up) != 0) _exit(102);
    const OwnedFd proc = OpenProc();
    SocketTable table(proc.get(), source);
    _exit(body(table));
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

int Destroy(SocketTable& table) {
  const OwnedFd listener = OpenListener(Transport::kTcp4, "127.0.0.1");
  const SocketAddress server = BoundAddress(listener.get());
  const OwnedFd client = OpenConnection(Transport::kTcp4, server);
  const SocketAddress own = BoundAddress(client.get());
  const OwnedFd accepted = AcceptFrom(listener);
  if (!table.DestroyTcp(server, own)) return 1;
  char byte;
  if (recv(accepted.get(), &byte, 1, 0) != -1 || errno != ECONNABORTED) return 2;
  if (recv(client.get(), &byte, 1, 0) != -1 || errno != ECONNRESET) return 3;
  return table.DestroyTcp(server, own) ? 4 : 0;  // it is no more
}

TEST(SocketTable, DestroysOneEndOfAConnection) {
  EXPECT_EQ(InOwnNamespace(Destroy, SocketTable::Source::kDiag), 0);
  EXPECT_EQ(InOwnNamespace(Destroy, SocketTable::Source::kProc), 1);  // /proc cannot
}

int Raw(SocketTable& table) {
  const OwnedFd four(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
  const OwnedFd six(socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6));
  if (four.empty() || six.empty()) return 1;
  const std::vector<InetSocket> rows = table.RawSockets();
  if (rows.size() != 2) return 2;
  const InetSocket &icmp = rows[0], &icmp6 = rows[1];
  if (icmp.row.inode != InodeOf(four) || icmp.local_port != IPPROTO_ICMP) return 3;
  if (icmp6.row.inode != InodeOf(six) || icmp6.local_port != IPPROTO_ICMPV6) return 4;
  return icmp.row.state == "UNCONNECTED" && icmp.row.remote.empty() ? 0 : 5;
}

TEST_P(SocketTables, RawByProtocol) { EXPECT_EQ(InOwnNamespace(Raw, GetParam()), 0); }

TEST(SocketTable, SeesMoreListenersThanOneMessageHolds) {
  const OwnedFd proc = OpenProc();
  SocketTable table(proc.get());
  std::vector<OwnedFd> listeners;
  for (int i = 0; i < 500; ++i) listeners.push_back(OpenListener(Transport::kTcp4, "127.0.0.1"));
  EXPECT_GE(table.TcpListeners().size(), 500);
  EXPECT_TRUE(table.TcpAtPort(1).empty());
}

}  // namespace
}  // namespace sockspec
