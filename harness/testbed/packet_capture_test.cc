// Every packet of an exchange in a sandbox is in the file, in order; what is missing is told.
#include "harness/testbed/packet_capture.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <pcap/pcap.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "harness/base/socket_address.h"
#include "harness/sandbox/sandbox_testing.h"

namespace sockspec {
namespace {

using ::sockspec::testing::Host;
using ::sockspec::testing::InSandbox;
using ::testing::HasSubstr;

struct Packet {
  std::int64_t at = 0;  // nanoseconds
  bool whole = false;
  int protocol = 0, from = 0, to = 0;
  tcphdr tcp{};
  std::string payload;
};

Packet Decode(const pcap_pkthdr& header, std::string_view bytes) {
  Packet packet{.at = header.ts.tv_sec * 1'000'000'000LL + header.ts.tv_usec,
                .whole = header.caplen == header.len};
  const auto take = [&bytes](void* to, std::size_t size) {
    bytes.substr(0, size).copy(static_cast<char*>(to), size);
    bytes.remove_prefix(size);
  };
  ether_header link{};
  take(&link, sizeof link);
  if (ntohs(link.ether_type) == ETHERTYPE_IPV6) {
    ip6_hdr ip{};
    take(&ip, sizeof ip);
    packet.protocol = ip.ip6_nxt;
  } else {
    iphdr ip{};
    take(&ip, sizeof ip);
    packet.protocol = ip.protocol;
  }
  if (packet.protocol == IPPROTO_TCP) {
    take(&packet.tcp, sizeof packet.tcp);
    bytes.remove_prefix(packet.tcp.doff * 4U - sizeof packet.tcp);
    packet.from = ntohs(packet.tcp.source);
    packet.to = ntohs(packet.tcp.dest);
  } else if (packet.protocol == IPPROTO_UDP) {
    udphdr udp{};
    take(&udp, sizeof udp);
    packet.from = ntohs(udp.source);
    packet.to = ntohs(udp.dest);
  }
  packet.payload = bytes;
  return packet;
}

// The packets with that protocol. IPv6 itself sends some of others.
std::vector<Packet> ReadPackets(const std::string& file, int protocol) {
  char error[PCAP_ERRBUF_SIZE] = {};
  pcap_t* const packets =
      pcap_open_offline_with_tstamp_precision(file.c_str(), PCAP_TSTAMP_PRECISION_NANO, error);
  EXPECT_NE(packets, nullptr) << error;
  if (packets == nullptr) return {};
  EXPECT_EQ(pcap_datalink(packets), DLT_EN10MB);
  std::vector<Packet> read;
  pcap_pkthdr* header = nullptr;
  const unsigned char* bytes = nullptr;
  int result = 0;
  while ((result = pcap_next_ex(packets, &header, &bytes)) == 1) {
    read.push_back(Decode(*header, {reinterpret_cast<const char*>(bytes), header->caplen}));
    if (read.back().protocol != protocol) read.pop_back();
  }
  EXPECT_EQ(result, PCAP_ERROR_BREAK) << "the file does not end where a packet does";
  pcap_close(packets);
  return read;
}

// What one end has sent, in the order of its sequence numbers: from SYN to FIN without a gap, the
// last of it acknowledged. What was sent again counts once.
std::string SentBy(const std::vector<Packet>& packets, int port) {
  std::string sent;
  std::uint32_t next = 0, acknowledged = 0;
  bool begun = false, ended = false;
  for (const Packet& packet : packets) {
    if (packet.to == port) acknowledged = ntohl(packet.tcp.ack_seq);
    if (packet.from != port) continue;
    if (!begun) {
      EXPECT_EQ(packet.tcp.syn, 1);
      next = ntohl(packet.tcp.seq) + 1;
      begun = true;
      continue;
    }
    const std::uint32_t again = next - ntohl(packet.tcp.seq);
    EXPECT_LE(again, 1U << 31) << "a gap after " << sent.size() << " bytes";
    if (again <= packet.payload.size()) {
      sent += packet.payload.substr(again);
      next += static_cast<std::uint32_t>(packet.payload.size()) - again;
      if (packet.tcp.fin != 0 && !ended) {
        ended = true;
        ++next;
      }
    }
  }
  EXPECT_TRUE(ended) << "no FIN";
  EXPECT_EQ(acknowledged, next);
  return sent;
}

struct Socket {
  OwnedFd fd;
  SocketAddress address;

  Socket(int type, Transport transport, const char* at)
      : fd(CheckCall(socket(Family(transport), type | SOCK_CLOEXEC, 0), "socket()")),
        address(MakeAddress(transport, at)) {
    CheckCall(bind(fd.get(), address.get(), address.length), "bind()");
    CheckCall(getsockname(fd.get(), address.get(), &address.length), "getsockname()");
  }
};

class PacketCaptureTest : public ::sockspec::testing::IsolatedSandbox {
 protected:
  void SetUp() override {
    IsolatedSandbox::SetUp();
    if (const std::string why = PacketCapture::WhyNot(Host()); !why.empty()) GTEST_SKIP() << why;
    folder_ = OwnedFd(CheckCall(open(directory_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                                "open(folder)"));
  }

  // Captures what `exchange` sends in a sandbox; what is missing in the file, in words.
  std::string Capture(const std::function<void(EventLoop&)>& exchange,
                      const char* file = "packets") {
    return InSandbox(options_, Host(), [&](Sandbox&) {
      EventLoop loop;
      LoopbackFlush flush;
      PacketCapture capture(
          OwnedFd(
              CheckCall(openat(folder_.get(), file, O_WRONLY | O_CREAT | O_TRUNC, 0600), "open()")),
          &flush, &loop);
      exchange(loop);
      return std::to_string(capture.Finish());
    });
  }
  std::vector<Packet> Packets(int protocol) {
    return ReadPackets(directory_.path() + "/packets", protocol);
  }
  // Sends numbers to a socket that nobody reads; the loop runs after so many of them.
  std::string Flood(int datagrams, int at_once) {
    return Capture([&](EventLoop& loop) {
      const Socket receiver(SOCK_DGRAM, Transport::kUdp4, "127.0.0.1");
      const Socket sender(SOCK_DGRAM, Transport::kUdp4, "127.0.0.1");
      for (int i = 0; i < datagrams; ++i) {
        CheckCall(sendto(sender.fd.get(), &i, sizeof i, 0, receiver.address.get(),
                         receiver.address.length),
                  "sendto()");
        if (i % at_once == at_once - 1) loop.HandlePending();
      }
    });
  }

  OwnedFd folder_;
};

TEST_F(PacketCaptureTest, HasAllOfAnExchangeOverTcp) {
  const std::string request = "request\r\n", reply(3 << 20, 'r');
  for (const Transport transport : {Transport::kTcp4, Transport::kTcp6}) {
    const std::string missing = Capture([&](EventLoop& loop) {
      const Socket listener(SOCK_STREAM, transport,
                            transport == Transport::kTcp4 ? "127.0.0.1" : "::1");
      CheckCall(listen(listener.fd.get(), 1), "listen()");
      OwnedFd client(CheckCall(socket(Family(transport), SOCK_STREAM, 0), "socket()"));
      CheckCall(connect(client.get(), listener.address.get(), listener.address.length),
                "connect()");
      OwnedFd server(
          CheckCall(accept4(listener.fd.get(), nullptr, nullptr, SOCK_NONBLOCK), "accept()"));
      CheckCall(send(client.get(), request.data(), request.size(), 0), "send()");
      std::string buffer(1 << 16, '\0');
      CheckCall(recv(server.get(), buffer.data(), buffer.size(), 0), "recv(request)");
      for (std::size_t sent = 0, received = 0; received < reply.size();) {
        const ssize_t out = send(server.get(), reply.data() + sent, reply.size() - sent, 0);
        if (out > 0) sent += static_cast<std::size_t>(out);
        received += static_cast<std::size_t>(
            CheckCall(recv(client.get(), buffer.data(), buffer.size(), 0), "recv(reply)"));
        loop.HandlePending();
      }
      server.Reset();
      if (recv(client.get(), buffer.data(), 1, 0) != 0) throw std::runtime_error("no end");
      client.Reset();
    });
    EXPECT_EQ(missing, "0");
    const std::vector<Packet> packets = Packets(IPPROTO_TCP);
    ASSERT_GE(packets.size(), 10u);
    EXPECT_TRUE(std::ranges::all_of(packets, &Packet::whole));
    EXPECT_EQ(SentBy(packets, packets[0].from), request);
    EXPECT_TRUE(SentBy(packets, packets[0].to) == reply);
  }
}

TEST_F(PacketCaptureTest, HasMoreThanTheRingHolds) {
  EXPECT_EQ(Flood(2000, 100), "0");
  const std::vector<Packet> packets = Packets(IPPROTO_UDP);
  ASSERT_EQ(packets.size(), 2000u);  // and no datagram of the flush
  for (int i = 0; i < 2000; ++i) {
    int number = -1;
    std::memcpy(&number, packets[static_cast<std::size_t>(i)].payload.data(), sizeof number);
    EXPECT_EQ(number, i);
    if (i > 0) {
      EXPECT_GE(packets[static_cast<std::size_t>(i)].at,
                packets[static_cast<std::size_t>(i - 1)].at);
    }
  }
}

TEST_F(PacketCaptureTest, TellsHowManyAreMissing) {
  const int missing = std::stoi(Flood(2000, 2000 + 1));
  EXPECT_GT(missing, 0);
  EXPECT_EQ(Packets(IPPROTO_UDP).size(), static_cast<std::size_t>(2000 - missing));
}

TEST_F(PacketCaptureTest, AFullDiskIsAnError) {
  EXPECT_THAT(Capture([](EventLoop&) {}, "/dev/full"), HasSubstr("thrown: write(capture)"));
}

TEST(PacketCapture, SaysWhyNot) {
  HostAbilities abilities;
  abilities.no_packets = "socket(AF_PACKET): EPERM";
  EXPECT_EQ(PacketCapture::WhyNot(abilities), "socket(AF_PACKET): EPERM");
}

}  // namespace
}  // namespace sockspec
