// Names and routes of the sandbox: what a program's resolver and connect() find there.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <sys/socket.h>

#include <string>

#include "harness/base/socket_address.h"
#include "harness/sandbox/name_files.h"
#include "harness/sandbox/sandbox_testing.h"

namespace sockspec {
namespace {

using ::sockspec::testing::Confined;
using ::sockspec::testing::Host;
using ::sockspec::testing::InSandbox;
using ::sockspec::testing::IsolatedSandbox;

// The addresses in getaddrinfo()'s order, or its error.
std::string Resolve(const std::string& name) {
  const addrinfo hints{.ai_socktype = SOCK_STREAM};
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(name.c_str(), "13", &hints, &found)) return gai_strerror(error);
  std::string addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    addresses += PrintAddress(entry->ai_addr, entry->ai_addrlen) + " ";
  }
  freeaddrinfo(found);
  return addresses;
}

// What becomes of a connect() that does not wait: "EINPROGRESS" where it goes unanswered.
std::string Connect(const std::string& host) {
  const bool v6 = host.find(':') != std::string::npos;
  const SocketAddress to = MakeAddress(v6 ? Transport::kTcp6 : Transport::kTcp4, host, 13);
  OwnedFd fd(socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0));
  return connect(fd.get(), to.get(), to.length) == 0 ? "ok" : ErrnoName(errno);
}

TEST_F(IsolatedSandbox, NamesHaveTheirAddressesInOrder) {
  options_.names = {{"six-first.test", {"::1", "127.0.0.1"}},
                    {"three.test", {"127.0.0.9", "127.0.0.2", "127.0.0.5"}}};
  const std::string found = InSandbox(options_, Host(), [](Sandbox&) {
    return Confined([] { return Resolve("six-first.test") + "; " + Resolve("three.test"); });
  });
  EXPECT_EQ(found, "[::1]:13 127.0.0.1:13 ; 127.0.0.9:13 127.0.0.2:13 127.0.0.5:13 ");
}

TEST_F(IsolatedSandbox, TheSecondFamilyMayComeFirst) {
  options_.names = {{"four-first.test", {"127.0.0.1", "::1"}}};
  EXPECT_EQ(InSandbox(options_, Host(),
                      [](Sandbox&) { return Confined([] { return Resolve("four-first.test"); }); }),
            "127.0.0.1:13 [::1]:13 ");
}

TEST_F(IsolatedSandbox, OtherNamesAreNotAskedOfTheHost) {
  options_.names = {{"known.test", {"127.0.0.1"}}};
  EXPECT_EQ(InSandbox(options_, Host(),
                      [](Sandbox&) {
                        // Nobody answers on 127.0.0.1 port 53: the port is closed.
                        return Confined([] { return Resolve("no-such.invalid"); });
                      }),
            gai_strerror(EAI_AGAIN));
}

TEST_F(IsolatedSandbox, DeadRoutes) {
  options_.dead_routes = {{"198.51.100.0/24", DeadRoute::End::kSilent},
                          {"203.0.113.0/24", DeadRoute::End::kUnreachable},
                          {"2001:db8:1::/48", DeadRoute::End::kSilent},
                          {"2001:db8:2::/48", DeadRoute::End::kUnreachable}};
  const std::string found = InSandbox(options_, Host(), [](Sandbox&) {
    return Confined([] {
      return Connect("198.51.100.1") + " " + Connect("203.0.113.1") + " " + Connect("192.0.2.77") +
             " " + Connect("2001:db8:1::1") + " " + Connect("2001:db8:2::1");
    });
  });
  EXPECT_EQ(found, "EINPROGRESS EHOSTUNREACH ENETUNREACH EINPROGRESS EHOSTUNREACH");
}

TEST(NameFiles, HoldEachNameWithEachAddress) {
  const auto files = NameFiles({{"two.test", {"::1", "127.0.0.1"}}});
  ASSERT_EQ(files.front().path, "/etc/hosts");
  EXPECT_EQ(files.front().content,
            "127.0.0.1 localhost\n::1 localhost\n::1 two.test\n127.0.0.1 two.test\n");
}

}  // namespace
}  // namespace sockspec
