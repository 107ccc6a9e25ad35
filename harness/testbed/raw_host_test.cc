// That a client over raw sockets hears from the harness's host alone, and never from the kernel.
#include "harness/testbed/raw_host.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include "harness/base/socket_address.h"
#include "harness/peer/loopback_flush.h"
#include "harness/peer/raw_peer.h"
#include "harness/sandbox/sandbox_testing.h"

namespace sockspec {
namespace {

class RawHost : public testing::IsolatedSandbox {
 protected:
  void SetUp() override {
    IsolatedSandbox::SetUp();
    if (!IsSkipped() && !testing::Host().network_settings) {
      GTEST_SKIP() << "network settings are read-only on this host";
    }
  }

  // What `steps` returns in the host's network.
  std::string Run(Transport transport, const std::function<std::string()>& steps) {
    AddRawHost(transport, &options_);
    return testing::InSandbox(options_, testing::Host(), [&](Sandbox&) { return steps(); });
  }
};

RawPacket Request(Transport transport, int type) {
  RawPacket request{
      .family = Family(transport),
      .protocol = Family(transport) == AF_INET ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6},
      .source = RawClientAddress(transport),
      .destination = RawHostAddress(transport)};
  request.message = std::string(20, '\1');
  request.message[0] = static_cast<char>(type);
  request.message[1] = 0;
  SetChecksum(&request);
  return request;
}

class Asker {
 public:
  explicit Asker(Transport transport)
      : transport_(transport),
        fd_(CheckCall(
            socket(Family(transport), SOCK_RAW | SOCK_CLOEXEC,
                   Family(transport) == AF_INET ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6}),
            "socket(SOCK_RAW)")) {}

  void Ask(int type) {
    const std::string message = Request(transport_, type).message;
    const SocketAddress host = MakeAddress(transport_, RawHostAddress(transport_));
    CheckCall(sendto(fd_.get(), message.data(), message.size(), 0, host.get(), host.length),
              "sendto()");
  }
  // The types of all messages that have come, with the lengths of their IP headers.
  std::string Heard() {
    char buffer[1024];
    std::string heard;
    while (true) {
      const ssize_t size = recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (size < 0) return heard;
      const bool v4 = Family(transport_) == AF_INET;
      const std::size_t header = v4 ? std::size_t{ByteAt(buffer, 0) & 0x0fu} * 4 : 0;
      heard +=
          fmt::format("{}/{} ", ByteAt({buffer, static_cast<std::size_t>(size)}, header), header);
    }
  }

 private:
  Transport transport_;
  OwnedFd fd_;
};

std::string Seen(RawPeer& peer) {
  std::string seen;
  while (const auto packet = peer.Receive()) {
    seen += fmt::format("{} ", ByteAt(DecodePacket(*packet)->message, 0));
  }
  return seen;
}

TEST_F(RawHost, SeesRequestsThatTheKernelDoesNotAnswer) {
  EXPECT_EQ(Run(Transport::kIcmp4,
                [] {
                  LoopbackFlush flush;
                  RawPeer peer(Transport::kIcmp4);
                  Asker asker(Transport::kIcmp4);
                  asker.Ask(ICMP_TIMESTAMP);
                  asker.Ask(ICMP_ECHO);
                  flush.Wait();
                  return Seen(peer) + asker.Heard();
                }),
            "13 8 13/20 8/20 ");
}

TEST_F(RawHost, SeesRequestsOverIpv6) {
  if (!testing::Host().ipv6) GTEST_SKIP() << "no IPv6 on this host";
  EXPECT_EQ(Run(Transport::kIcmp6,
                [] {
                  LoopbackFlush flush;
                  RawPeer peer(Transport::kIcmp6);
                  Asker asker(Transport::kIcmp6);
                  asker.Ask(ICMP6_ECHO_REQUEST);
                  RawPacket reply = Request(Transport::kIcmp6, ICMP6_ECHO_REPLY);
                  reply.hops = 63;
                  peer.Send(reply);
                  flush.Wait();
                  return Seen(peer) + asker.Heard();
                }),
            "128 128/0 129/0 ");
}

TEST_F(RawHost, SendsWhatTheKernelDoesNotAnswer) {
  EXPECT_EQ(Run(Transport::kIcmp4,
                [] {
                  LoopbackFlush flush;
                  RawPeer peer(Transport::kIcmp4);
                  Asker asker(Transport::kIcmp4);
                  RawPacket packet = Request(Transport::kIcmp4, ICMP_TIMESTAMP);
                  std::swap(packet.source, packet.destination);
                  packet.type_of_service = kUnanswerable;
                  peer.Send(packet);
                  packet.message[0] = ICMP_TIMESTAMPREPLY;
                  SetChecksum(&packet);
                  packet.options = std::string("\1\1\1\0", 4);
                  peer.Send(packet);
                  flush.Wait();
                  return Seen(peer) + "- " + asker.Heard();
                }),
            "- 13/20 14/24 ");
}

}  // namespace
}  // namespace sockspec
