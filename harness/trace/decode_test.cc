// Decoding system calls from registers and memory that no process has.
#include "harness/trace/decode.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <cerrno>
#include <csignal>
#include <initializer_list>
#include <limits>
#include <vector>

#include "harness/trace/messages.h"
#include "harness/trace/recorded_tracee.h"
#include "harness/trace/transfers.h"

namespace sockspec {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DecodeTest : public ::testing::Test {
 protected:
  PendingCall Pending(long number, std::initializer_list<std::uint64_t> arguments) {
    PendingCall pending;
    pending.entry = FindCall(static_cast<std::uint64_t>(number));
    std::copy(arguments.begin(), arguments.end(), pending.arguments);
    return pending;
  }
  Call Entry(long number, std::initializer_list<std::uint64_t> arguments) {
    PendingCall pending = Pending(number, arguments);
    DecodeEntry(memory_, &pending);
    return pending.call;
  }
  Call Exit(long number, std::initializer_list<std::uint64_t> arguments, std::int64_t result) {
    PendingCall pending = Pending(number, arguments);
    DecodeEntry(memory_, &pending);
    pending.call.result = result;
    DecodeExit(memory_, &pending);
    return pending.call;
  }
  std::uint64_t PutInet(const char* bytes, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    std::memcpy(&address.sin_addr, bytes, 4);
    return memory_.PutValue(address);
  }
  // iovecs of these lengths; what they point at is never read.
  std::uint64_t PutVectors(const std::vector<std::size_t>& lengths) {
    std::string bytes;
    for (const std::size_t length : lengths) {
      const iovec vector{nullptr, length};
      bytes.append(reinterpret_cast<const char*>(&vector), sizeof vector);
    }
    return memory_.Put(bytes);
  }
  msghdr Message(const std::vector<std::size_t>& lengths) {
    msghdr header{};
    header.msg_iov = reinterpret_cast<iovec*>(PutVectors(lengths));
    header.msg_iovlen = lengths.size();
    return header;
  }
  // Control data that passes these descriptors.
  std::string Rights(const std::vector<int>& descriptors) {
    std::string control(CMSG_SPACE(descriptors.size() * sizeof(int)), '\0');
    auto* entry = reinterpret_cast<cmsghdr*>(control.data());
    entry->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
    entry->cmsg_level = SOL_SOCKET;
    entry->cmsg_type = SCM_RIGHTS;
    std::memcpy(CMSG_DATA(entry), descriptors.data(), descriptors.size() * sizeof(int));
    return control;
  }
  void SetControl(msghdr* header, const std::string& control) {
    header->msg_control = reinterpret_cast<void*>(memory_.Put(control));
    header->msg_controllen = control.size();
  }
  std::vector<std::size_t> VectorsAt(std::uint64_t address) {
    const std::string& bytes = memory_.At(address);
    std::vector<std::size_t> lengths;
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(iovec)) {
      iovec vector{};
      std::memcpy(&vector, bytes.data() + at, sizeof vector);
      lengths.push_back(vector.iov_len);
    }
    return lengths;
  }

  RecordedTracee memory_;
};

TEST_F(DecodeTest, SocketTellsTypeAndFlagsApart) {
  const Call call = Entry(SYS_socket, {AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 6});
  EXPECT_EQ(call.family, AF_INET6);
  EXPECT_EQ(call.type, SOCK_STREAM);
  EXPECT_EQ(call.flags, SOCK_CLOEXEC | SOCK_NONBLOCK);
  EXPECT_EQ(call.protocol, 6);
  EXPECT_EQ(call.fd, -1);
}

TEST_F(DecodeTest, BindPrintsItsAddress) {
  const Call call = Entry(SYS_bind, {3, PutInet("\x7f\0\0\1", 13), 16});
  EXPECT_EQ(call.address, "127.0.0.1:13");
  EXPECT_EQ(call.address_length, 16);
}

TEST_F(DecodeTest, ConnectKeepsWhatOnlyInet6Has) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(13);
  address.sin6_addr = in6addr_loopback;
  address.sin6_scope_id = 7;
  address.sin6_flowinfo = htonl(5);
  const Call call = Entry(SYS_connect, {3, memory_.PutValue(address), sizeof address});
  EXPECT_EQ(call.scope_id, 7u);
  EXPECT_EQ(call.flow_info, 5u);
}

TEST_F(DecodeTest, AnAddressThatIsNotThereIsEmpty) {
  EXPECT_EQ(Entry(SYS_bind, {3, 0xdead0000, 16}).address, "");
  EXPECT_EQ(Entry(SYS_bind, {3, 0, 16}).address, "");
  EXPECT_EQ(Entry(SYS_bind, {3, PutInet("\x7f\0\0\1", 13), 1}).address, "");
  // Longer than what can be read.
  EXPECT_EQ(Entry(SYS_bind, {3, PutInet("\x7f\0\0\1", 13), 120}).address, "");
}

TEST_F(DecodeTest, AcceptTellsTheLengthThatTheKernelLeft) {
  const std::uint64_t address = PutInet("\x7f\0\0\1", 4711);
  const std::uint64_t length = memory_.PutValue(socklen_t{16});
  const Call call = Exit(SYS_accept4, {3, address, length, SOCK_CLOEXEC}, 5);
  EXPECT_EQ(call.address, "127.0.0.1:4711");
  EXPECT_EQ(call.address_length, 16);
  EXPECT_EQ(call.returned_length, 16);
  EXPECT_EQ(call.flags, SOCK_CLOEXEC);
  const Call none = Exit(SYS_accept, {3, 0, 0}, 5);
  EXPECT_TRUE(none.address_null);
  EXPECT_TRUE(none.length_null);
  EXPECT_EQ(none.returned_length, -1);
}

TEST_F(DecodeTest, OptionsHaveNamesAndValues) {
  const linger value{1, 30};
  const Call set =
      Entry(SYS_setsockopt, {3, SOL_SOCKET, SO_LINGER, memory_.PutValue(value), sizeof value});
  EXPECT_EQ(set.option, "SO_LINGER");
  EXPECT_THAT(set.option_value, ElementsAre(1, 30));
  EXPECT_EQ(Entry(SYS_setsockopt, {3, IPPROTO_TCP, TCP_NODELAY, 0, 4}).option, "TCP_NODELAY");
  EXPECT_EQ(Entry(SYS_setsockopt, {3, 99, 7, 0, 4}).option, "99/7");

  const std::uint64_t error = memory_.PutValue(int{ECONNREFUSED});
  const std::uint64_t length = memory_.PutValue(socklen_t{4});
  const Call got = Exit(SYS_getsockopt, {3, SOL_SOCKET, SO_ERROR, error, length}, 0);
  EXPECT_EQ(got.option, "SO_ERROR");
  EXPECT_THAT(got.option_value, ElementsAre(ECONNREFUSED));
}

TEST_F(DecodeTest, AnAbsurdOptionLengthReadsNoMoreThanThereIs) {
  const std::uint64_t value = memory_.PutValue(int{1});
  const Call call = Entry(SYS_setsockopt, {3, SOL_SOCKET, SO_REUSEADDR, value, 0xffffffff});
  EXPECT_THAT(call.option_value, ElementsAre(1));
}

TEST_F(DecodeTest, SignalActionsTellHandlersFromConstants) {
  const std::uint64_t handler[4] = {0x401000, SA_RESTART, 0, 0};
  const Call call = Entry(SYS_rt_sigaction, {SIGCHLD, memory_.PutValue(handler), 0, 8});
  EXPECT_EQ(call.option, "handler");
  EXPECT_EQ(call.flags, SA_RESTART);
  EXPECT_EQ(call.number, SIGCHLD);
  const std::uint64_t ignore[4] = {1, 0, 0, 0};
  EXPECT_EQ(Entry(SYS_rt_sigaction, {SIGPIPE, memory_.PutValue(ignore), 0, 8}).option, "SIG_IGN");
  EXPECT_EQ(Entry(SYS_rt_sigaction, {SIGPIPE, 0, 0, 8}).option, "");  // only asks
}

TEST_F(DecodeTest, VectorsAreSummed) {
  EXPECT_EQ(Entry(SYS_writev, {3, PutVectors({5, 7}), 2}).length, 12);
  EXPECT_EQ(Entry(SYS_preadv2, {3, PutVectors({5, 7}), 2, 0, 0, 0}).length, 12);
  EXPECT_EQ(Entry(SYS_writev, {3, PutVectors({5}), 2}).length, -1);  // the second is not there
  EXPECT_EQ(Entry(SYS_writev, {3, PutVectors({5}), 1 << 20}).length, -1);
  constexpr std::size_t kHuge = std::numeric_limits<std::size_t>::max();
  EXPECT_EQ(Entry(SYS_writev, {3, PutVectors({kHuge, kHuge}), 2}).length,
            std::numeric_limits<std::int64_t>::max());
}

TEST_F(DecodeTest, AMessageNamesItsReceiverAndItsDescriptors) {
  msghdr header = Message({40});
  header.msg_name = reinterpret_cast<void*>(PutInet("\x7f\0\0\1", 9));
  header.msg_namelen = 16;
  SetControl(&header, Rights({5, 6}));
  const Call call = Entry(SYS_sendmsg, {3, memory_.PutValue(header), MSG_NOSIGNAL});
  EXPECT_EQ(call.address, "127.0.0.1:9");
  EXPECT_EQ(call.length, 40);
  EXPECT_EQ(call.flags, MSG_NOSIGNAL);
  EXPECT_THAT(call.descriptors, ElementsAre(5, 6));
}

TEST_F(DecodeTest, AReceivedMessageIsReadAfterTheCall) {
  msghdr header = Message({100});
  header.msg_name = reinterpret_cast<void*>(PutInet("\x7f\0\0\1", 4711));
  header.msg_namelen = 16;
  SetControl(&header, Rights({9}));
  const Call call = Exit(SYS_recvmsg, {3, memory_.PutValue(header), 0}, 40);
  EXPECT_EQ(call.address, "127.0.0.1:4711");
  EXPECT_THAT(call.descriptors, ElementsAre(9));
}

TEST_F(DecodeTest, OtherControlDataPassesNothing) {
  msghdr header = Message({1});
  std::string control = Rights({5});
  reinterpret_cast<cmsghdr*>(control.data())->cmsg_type = SCM_CREDENTIALS;
  SetControl(&header, control);
  EXPECT_THAT(Entry(SYS_sendmsg, {3, memory_.PutValue(header), 0}).descriptors, IsEmpty());
}

TEST_F(DecodeTest, ControlDataThatLiesAboutItsLengthEndsThere) {
  for (const std::size_t length : {std::size_t{0}, std::size_t{3}, std::size_t{1} << 40}) {
    msghdr header = Message({1});
    std::string control = Rights({5});
    reinterpret_cast<cmsghdr*>(control.data())->cmsg_len = length;
    SetControl(&header, control);
    EXPECT_THAT(Entry(SYS_sendmsg, {3, memory_.PutValue(header), 0}).descriptors, IsEmpty());
  }
}

TEST_F(DecodeTest, ManyMessagesCountTheirBytes) {
  mmsghdr messages[2] = {};
  messages[0].msg_hdr = Message({10, 20});
  messages[1].msg_hdr = Message({5});
  messages[0].msg_len = 30;
  messages[1].msg_len = 99;  // not sent: the result says 1
  const Call call = Exit(SYS_sendmmsg, {3, memory_.PutValue(messages), 2, 0}, 1);
  EXPECT_EQ(call.length, 35);
  EXPECT_EQ(call.bytes, 30);
  EXPECT_EQ(call.result, 1);
}

TEST_F(DecodeTest, ReceiveFromTellsTheSender) {
  const std::uint64_t address = PutInet("\x7f\0\0\1", 4711);
  const std::uint64_t length = memory_.PutValue(socklen_t{16});
  EXPECT_EQ(Exit(SYS_recvfrom, {3, 0x1000, 100, 0, address, length}, 5).address, "127.0.0.1:4711");
  EXPECT_EQ(Exit(SYS_recvfrom, {3, 0x1000, 100, 0, 0, 0}, 5).address, "");
}

TEST_F(DecodeTest, SpliceIsReadFromTheSideThatIsASocket) {
  EXPECT_EQ(Entry(SYS_splice, {3, 0, 4, 0, 1000, 0}).fd, 4);
  PendingCall from = Pending(SYS_splice, {3, 0, 4, 0, 1000, 0});
  from.entry = SpliceFromSocket();
  DecodeEntry(memory_, &from);
  EXPECT_EQ(from.call.fd, 3);
  EXPECT_EQ(from.call.length, 1000);
}

TEST_F(DecodeTest, AFailedCallHasNothingToDecode) {
  PendingCall pending = Pending(SYS_accept, {3, 0xdead0000, 0xdead1000});
  DecodeEntry(memory_, &pending);
  pending.call.result = -1;
  pending.call.error = EFAULT;
  DecodeExit(memory_, &pending);
  EXPECT_EQ(pending.call.returned_length, -1);
  EXPECT_EQ(pending.call.address, "");
}

TEST_F(DecodeTest, ShorteningACountChangesItsRegister) {
  PendingCall pending = Pending(SYS_sendto, {3, 0x1000, 40, 0, 0, 0});
  EXPECT_TRUE(Shorten(&memory_, &pending, 3));
  EXPECT_THAT(memory_.arguments(), ElementsAre(std::pair(2, 3)));
  PendingCall small = Pending(SYS_sendto, {3, 0x1000, 3, 0, 0, 0});
  EXPECT_FALSE(Shorten(&memory_, &small, 3));
}

TEST_F(DecodeTest, ShorteningVectorsIsUndone) {
  const std::uint64_t vectors = PutVectors({2, 5, 7});
  PendingCall pending = Pending(SYS_writev, {3, vectors, 3});
  EXPECT_TRUE(Shorten(&memory_, &pending, 4));
  EXPECT_THAT(VectorsAt(vectors), ElementsAre(2, 2, 0));
  UndoShorten(&memory_, pending);
  EXPECT_THAT(VectorsAt(vectors), ElementsAre(2, 5, 7));
}

TEST_F(DecodeTest, ShorteningManyMessagesLetsTheFirstOneThrough) {
  mmsghdr messages[2] = {};
  messages[0].msg_hdr = Message({10});
  messages[1].msg_hdr = Message({5});
  PendingCall pending = Pending(SYS_sendmmsg, {3, memory_.PutValue(messages), 2, 0});
  EXPECT_TRUE(Shorten(&memory_, &pending, 4));
  EXPECT_THAT(memory_.arguments(), ElementsAre(std::pair(2, 1)));
  EXPECT_THAT(VectorsAt(reinterpret_cast<std::uint64_t>(messages[0].msg_hdr.msg_iov)),
              ElementsAre(4));
}

}  // namespace
}  // namespace sockspec
