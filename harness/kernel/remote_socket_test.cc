// Tests of looking at another process's socket: a child that this test forked.
#include "harness/kernel/remote_socket.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/wait.h>

#include <system_error>

#include "harness/kernel/loopback_sockets.h"

namespace sockspec {
namespace {

TEST(RemoteSocket, OptionsOfAnotherProcessThroughADuplicate) {
  OwnedFd listener = OpenListener(Transport::kTcp6, "::1");
  const SocketAddress address = BoundAddress(listener.get());
  int ready[2];
  ASSERT_EQ(pipe2(ready, O_CLOEXEC), 0);
  const pid_t child = fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    const int on = 1;
    const linger hard{.l_onoff = 1, .l_linger = 7};
    setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listener.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    fcntl(listener.get(), F_SETFL, O_NONBLOCK);
    static_cast<void>(!write(ready[1], "x", 1));
    while (true) pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  const int remote_fd = listener.get();
  listener.Reset();  // now the child alone has it
  {
    const auto duplicate = DuplicateFrom(child, remote_fd);
    ASSERT_TRUE(duplicate);
    const SocketOptions options = ReadSocketOptions(duplicate->get());
    EXPECT_EQ(options.family, AF_INET6);
    EXPECT_EQ(options.type, SOCK_STREAM);
    EXPECT_EQ(options.protocol, IPPROTO_TCP);
    EXPECT_EQ(options.reuse_address, true);
    EXPECT_EQ(options.reuse_port, false);
    EXPECT_EQ(options.accepting, true);
    EXPECT_TRUE(options.non_blocking);
    ASSERT_TRUE(options.v6_only);
    ASSERT_TRUE(options.lingering);
    EXPECT_EQ(options.lingering->l_onoff, 1);
    EXPECT_EQ(options.lingering->l_linger, 7);
    EXPECT_EQ(LocalAddressOf(duplicate->get()), PrintAddress(address));
    EXPECT_EQ(PeerAddressOf(duplicate->get()), "");
  }
  EXPECT_FALSE(DuplicateFrom(child, 9999));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_FALSE(DuplicateFrom(child, remote_fd));
  close(ready[0]);
  close(ready[1]);
}

TEST(RemoteSocket, DefaultsAndAddressesOfAConnection) {
  const OwnedFd listener = OpenListener(Transport::kTcp4, "127.0.0.1");
  const OwnedFd client = OpenConnection(Transport::kTcp4, BoundAddress(listener.get()));
  const SocketOptions options = ReadSocketOptions(client.get());
  EXPECT_EQ(options.reuse_address, false);
  EXPECT_EQ(options.accepting, false);
  EXPECT_FALSE(options.non_blocking);
  EXPECT_EQ(options.v6_only, std::nullopt);
  EXPECT_EQ(options.lingering->l_onoff, 0);
  EXPECT_EQ(PeerAddressOf(client.get()), PrintAddress(BoundAddress(listener.get())));
}

TEST(RemoteSocket, UnixSocketsHaveNoNamesUnlessBound) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
  const OwnedFd one(pair[0]), two(pair[1]);
  EXPECT_EQ(ReadSocketOptions(one.get()).type, SOCK_DGRAM);
  EXPECT_EQ(LocalAddressOf(one.get()), "unnamed");
  EXPECT_EQ(PeerAddressOf(one.get()), "unnamed");
}

TEST(RemoteSocket, WhatIsNoSocketIsAnError) {
  const OwnedFd proc = OpenProc();
  EXPECT_THROW(ReadSocketOptions(proc.get()), std::system_error);
  EXPECT_THROW(LocalAddressOf(-1), std::system_error);
}

}  // namespace
}  // namespace sockspec
