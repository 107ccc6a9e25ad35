// What was sent before a flush is there after it, and the processors are as they were.
#include "harness/peer/loopback_flush.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>

#include <cstring>

#include "harness/peer/datagram_socket.h"

namespace sockspec {
namespace {

TEST(LoopbackFlush, EverythingHasArrivedAfterwards) {
  LoopbackFlush flush;
  DatagramSocket receiver(Transport::kUdp4, MakeAddress(Transport::kUdp4, "127.0.0.1"));
  SocketAddress address;
  address.length = sizeof address.storage;
  ASSERT_EQ(getsockname(receiver.fd(), address.get(), &address.length), 0);
  DatagramSocket sender(Transport::kUdp4, {});
  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(sender.Send("x", address), 0);
    flush.Wait();
    ASSERT_TRUE(receiver.Receive().has_value()) << i;
  }
}

TEST(LoopbackFlush, LeavesTheProcessorsAsTheyWere) {
  cpu_set_t before, after;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  LoopbackFlush().Wait();
  ASSERT_EQ(sched_getaffinity(0, sizeof after, &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

}  // namespace
}  // namespace sockspec
