// Tests of the parsers of /proc/net on lines that the kernel prints, and on damaged ones.
#include "harness/kernel/proc_net.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

namespace sockspec {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

bool All(const InetSocket&) { return true; }

constexpr std::string_view kUnix =
    "Num       RefCount Protocol Flags    Type St Inode Path\n"
    "0000000000000000: 00000002 00000000 00010000 0001 01 30 /run/a socket\n"
    "0000000000000000: 00000003 00000000 00000000 0005 03 31\n"
    "0000000000000000: 00000002 00000000 00000000 0002 01 32 @name@\n";

TEST(ProcUnix, NamesMayHoldSpaces) {
  const auto sockets = ParseProcUnix(kUnix);
  ASSERT_THAT(sockets, SizeIs(3));
  EXPECT_EQ(sockets[0].row.state, "LISTEN");
  EXPECT_EQ(sockets[0].row.local, "/run/a socket");
  EXPECT_EQ(sockets[0].row.inode, 30);
  EXPECT_EQ(sockets[1].row.state, "ESTABLISHED");
  EXPECT_EQ(sockets[1].type, SOCK_SEQPACKET);
  EXPECT_EQ(sockets[1].row.local, "");
  EXPECT_EQ(sockets[2].row.state, "UNCONNECTED");
  EXPECT_EQ(sockets[2].row.local, "@name@");
}

TEST(ProcInet, DamagedLinesAreLeftOut) {
  const std::string headings = "  sl  local_address rem_address   st ...\n";
  for (const char* line :
       {"", "\n", "   0:", "   0: 0100007F:000D", "   0: 0100007F 00000000:0000 0A 0:0 0 0 0 0 7",
        "   0: 0100007G:000D 00000000:0000 0A 0:0 00:0 0 0 0 7",
        "   0: 0100007F:000D 00000000:0000 XX 0:0 00:0 0 0 0 7",
        "   0: 0100007F:000D 00000000:0000 0A 00 00:0 0 0 0 7",
        "   0: 0100007F:000D 00000000:0000 0A 0:0 00:0 0 0 0 x"}) {
    EXPECT_THAT(ParseProcInet(headings + line, AF_INET, All), IsEmpty()) << line;
  }
  EXPECT_THAT(ParseProcInet("", AF_INET, All), IsEmpty());
  EXPECT_THAT(ParseProcUnix("headings\n0: 1 0 zz 1 1 7\n0: 1\n"), IsEmpty());
}

TEST(ProcInet, TakesOnlyWhatIsWanted) {
  const std::string table =
      "headings\n"
      "   0: 00000000:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000 0 0 41 1 0\n"
      "   1: 00000000:1F90 00000000:1F91 08 00000002:00000003 00:00000000 00000000 0 0 42 1 0\n";
  EXPECT_THAT(ParseProcInet(table, AF_INET, All), SizeIs(2));
  const auto waiting = ParseProcInet(
      table, AF_INET, [](const InetSocket& socket) { return socket.row.state == "CLOSE_WAIT"; });
  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_EQ(waiting[0].row.local, "0.0.0.0:8080");
  EXPECT_EQ(waiting[0].row.remote, "0.0.0.0:8081");
  EXPECT_EQ(waiting[0].row.send_queue, 2);
  EXPECT_EQ(waiting[0].row.receive_queue, 3);
  EXPECT_EQ(waiting[0].row.inode, 42);
}

TEST(TcpStateName, HasAWordForEveryNumber) {
  EXPECT_EQ(TcpStateName(1), "ESTABLISHED");
  EXPECT_EQ(TcpStateName(6), "TIME_WAIT");
  EXPECT_EQ(TcpStateName(8), "CLOSE_WAIT");
  EXPECT_EQ(TcpStateName(10), "LISTEN");
  EXPECT_EQ(TcpStateName(99), "STATE 99");
  EXPECT_EQ(TcpStateName(0), "STATE 0");
  EXPECT_EQ(TcpStateName(-1), "STATE -1");
}

}  // namespace
}  // namespace sockspec
