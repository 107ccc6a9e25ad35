// IPv4 and IPv6 on one port, or IPv6 alone: ipv6(7) IPV6_V6ONLY, RFC 3493 3.7 and 5.3, RFC 4007 11.
#include <fmt/format.h>
#include <sys/socket.h>

#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

const Transports kTcp6 = {Transport::kTcp6};
const Transports kIpv6 = {Transport::kTcp6, Transport::kUdp6};
constexpr const char* kV4 = "127.0.0.1";
constexpr const char* kV6 = "::1";

LaunchOptions OnAnyAddress(const LaunchSpec& launch) {
  LaunchOptions options;
  if (launch.Mentions("address")) options.address = "::";
  return options;
}

SCENARIO(BothFamilies, kServer, kIpv6,
         "launched on the IPv6 wildcard address; a client over IPv4, one over IPv6, then one of "
         "each at once") {
  Launch(OnAnyAddress(launch()));
  TakeSnapshot("ready");
  Exchange({.address = kV4});
  Exchange({.address = kV6});
  Client v4 = Connect({.address = kV4});
  Client v6 = Connect({.address = kV6});
  for (Client* client : {&v4, &v6}) {
    client->Converse();
    client->Finish();
  }
}

SCENARIO(OtherV6OnlyDefault, kServer, kTcp6,
         "the same, where sockets are for IPv6 alone unless they say otherwise (bindv6only)",
         .v6_only_default = true) {
  Launch(OnAnyAddress(launch()));
  Exchange({.address = kV4});
  Exchange({.address = kV6});
}

SCENARIO(NoIpv6, kServer, kTcp6, "every IPv6 socket() fails with EAFNOSUPPORT; one IPv4 client") {
  Launch(
      {.faults = {
           {.call = CallClass::kSocket, .family = AF_INET6, .count = -1, .error = EAFNOSUPPORT}}});
  Exchange({.address = kV4});
}

SCENARIO(Ipv6Alone, kServer, kIpv6,
         "launched on the IPv6 wildcard address; a client over IPv6, then one over IPv4") {
  Start(OnAnyAddress(launch()));
  TakeSnapshot("ready");
  Exchange({.address = kV6});
  Client v4 = Connect({.address = kV4});
  if (SocketType(transport()) == SOCK_DGRAM) v4.ReadToEnd();
}

constexpr const char* kScoped = "fe80::1%lo";

SCENARIO(ScopedAddress, kServer, kIpv6, "launched on fe80::1%lo; a client there",
         .extra_addresses = {"fe80::1/64"}) {
  Launch({.address = kScoped});
  Exchange({.address = kScoped});
}

// Fails where one of the families is not served.
void ExpectBothServed(const std::vector<Conversation>& all, const std::vector<bool>& served) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_TRUE(served[i]) << fmt::format(
        "does not serve a client on {}, though it was told to serve both families: {}",
        all[i].address, InWords(all[i]));
  }
}

std::vector<bool> EachServed(const std::vector<Conversation>& all,
                             const std::function<bool(const Conversation&)>& served) {
  std::vector<bool> each;
  for (const Conversation& conversation : all) each.push_back(served(conversation));
  return each;
}

// FAM-03: both families at the same time.
CHECK(BothFamilies, "FAM-03") {
  if (!Served()) {
    ADD_FAILURE() << "never becomes ready to serve both families: "
                  << WhatItDidLast(timeline(), 0, End(), ErrorOutput());
    return;
  }
  const std::vector<Conversation>& all = AllConversations();
  ExpectBothServed(all, EachServed(all, [&](const Conversation& each) { return Reached(each); }));
}

// BIND-15: two sockets do not stand in each other's way.
CHECK(BothFamilies, "BIND-15") {
  for (const int index : CallIndices("bind")) {
    if (CallAt(index).error != EADDRINUSE || Served()) continue;
    ADD_FAILURE() << "ends because its two sockets stand in each other's way: bind() of "
                  << CallAt(index).address << " fails with EADDRINUSE";
    return;
  }
  if (!Served()) Inconclusive("it does not start, for another reason; see FAM-03");
  if (OwnListeners(SnapshotAt("ready")).empty()) Inconclusive("the kernel shows no listener");
}

// FAM-05: neither depends on the system's default ...
CHECK(OtherV6OnlyDefault, "FAM-05") {
  if (!subject().launch.claims.dual) NotApplicable("it serves IPv6 alone");
  if (!Served()) {
    ADD_FAILURE() << "does not start where net.ipv6.bindv6only is 1: "
                  << WhatItDidLast(timeline(), 0, End(), ErrorOutput());
    return;
  }
  const std::vector<Conversation>& all = AllConversations();
  if (all.size() < 2) Inconclusive("too few clients came");
  EXPECT_TRUE(Reached(all[0])) << "serves IPv4 only where net.ipv6.bindv6only is 0: it relies on "
                                  "the system's default ("
                               << InWords(all[0]) << ")";
  EXPECT_TRUE(Reached(all[1])) << "does not serve IPv6 where net.ipv6.bindv6only is 1: "
                               << InWords(all[1]);
}

// ... of IPV6_V6ONLY, which is 0 on most hosts.
CHECK(Ipv6Alone, "FAM-05") {
  if (!subject().launch.claims.v6_only) NotApplicable("it serves both families");
  for (const SocketRow& row : OwnListeners(SnapshotAt("ready"))) {
    if (!row.v6_only.has_value()) Inconclusive("the kernel does not show IPV6_V6ONLY");
    EXPECT_TRUE(*row.v6_only)
        << "leaves IPV6_V6ONLY to the system's default, which lets IPv4 in here";
  }
}

// FAM-04: told to serve IPv6 alone, it does not serve IPv4.
CHECK(Ipv6Alone, "FAM-04") {
  const std::vector<Conversation>& all = AllConversations();
  if (all.size() < 2 || !Reached(all[0])) Inconclusive("it did not serve its IPv6 client");
  const bool taken = all[1].by_datagrams ? Reached(all[1]) : all[1].connected;
  EXPECT_FALSE(taken) << "serves IPv4, though it was told to serve IPv6 alone: " << InWords(all[1]);
}

// FAM-11: IPv4 is served where there is no IPv6.
CHECK(NoIpv6, "FAM-11") {
  if (subject().launch.Mentions("address")) {
    NotApplicable("its command names one address, and so one family");
  }
  bool refused = false;
  for (const int index : CallIndices("socket")) refused = refused || CallAt(index).injected;
  if (!refused) NotApplicable("it asks for no IPv6 socket");
  if (!Served()) {
    ADD_FAILURE() << "does not serve IPv4 on a host without IPv6: "
                  << WhatItDidLast(timeline(), 0, End(), ErrorOutput());
    return;
  }
  const Conversation conversation = TheConversation();
  EXPECT_TRUE(Reached(conversation))
      << "does not serve IPv4 on a host without IPv6: " << InWords(conversation);
}

// FAM-13: a scoped literal works.
CHECK(ScopedAddress, "FAM-13") {
  if (!subject().launch.Mentions("address")) NotApplicable("no {address} in its command");
  if (!Served()) {
    ADD_FAILURE() << fmt::format("does not serve on {}: ", kScoped)
                  << WhatItDidLast(timeline(), 0, End(), ErrorOutput());
    return;
  }
  for (const int index : EndpointBinds(timeline(), transport())) {
    Examine(index);
    EXPECT_TRUE(CallAt(index).scope_id != 0)
        << fmt::format("loses the scope of {}: it binds {}", kScoped, CallAt(index).address);
  }
  const Conversation conversation = TheConversation();
  EXPECT_TRUE(Reached(conversation))
      << fmt::format("does not answer on {}: {}", kScoped, InWords(conversation));
}

}  // namespace
}  // namespace sockspec
