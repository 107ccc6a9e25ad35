// Names and literals that a client is given instead of a plain address: getaddrinfo(3), RFC 4007.
#include <fmt/format.h>

#include "harness/base/text.h"
#include "suites/client/client_evidence.h"

namespace sockspec {
namespace {

SCENARIO(ClientUnknownName, kClient, kInternet, "given a host whose name does not exist") {
  Launch({.address = "no-such.invalid"});
  WaitForExit();
}

constexpr const char* kScoped = "fe80::1%lo";

SCENARIO(ClientScopedLiteral, kClient, (Transports{Transport::kTcp6, Transport::kUdp6}),
         "the server has a link-local address; the client is given it with its scope",
         .extra_addresses = {"fe80::1/64"}) {
  Listen({.address = kScoped});
  Launch({.address = kScoped});
  Accept().Serve();
  WaitForExit();
}

// CLI-11: an unknown name is reported with the resolver's reason.
CHECK(ClientUnknownName, "CLI-11") {
  if (!TakesHost(subject().launch)) NotApplicable(kNoHost);
  const std::string wrong = WrongFailure(timeline(), End());
  EXPECT_TRUE(wrong.empty()) << wrong << ", though the name of the host does not exist";
  EXPECT_TRUE(!ErrorOutput().empty())
      << "says nothing on standard error when the name of the host does not exist";
  EXPECT_TRUE(ErrorOutput().find("Success") == std::string::npos)
      << "says \"Success\" of a name that does not exist: " << Quote(ErrorOutput());
}

// CLI-19: the message comes with it.
CHECK(ClientUnknownName, "CLI-19") {
  if (!TakesHost(subject().launch)) NotApplicable(kNoHost);
  End();
  EXPECT_TRUE(!ErrorOutput().empty())
      << "says nothing on standard error when the name of the host does not exist";
}

// DIA-01: and not on standard output.
CHECK(ClientUnknownName, "DIA-01") {
  if (!TakesHost(subject().launch)) NotApplicable(kNoHost);
  if (subject().launch.output != OutputKind::kExact) {
    NotApplicable("the manifest says that the client prints more than what it receives");
  }
  End();
  EXPECT_TRUE(Output().empty()) << "prints on standard output, though nothing was received: "
                                << Quote(Output());
}

// FAM-13: the scope of a literal reaches the kernel, and the exchange succeeds.
CHECK(ClientScopedLiteral, "FAM-13") {
  if (!TakesHost(subject().launch)) NotApplicable(kNoHost);
  const ProgramEnd end = End();
  const bool reached = SessionOf(AllConversations()).has_value();
  if (!reached && subject().traced) {
    for (const int index : NamingCalls(timeline(), transport())) {
      Examine(index);
      const Call& call = CallAt(index);
      EXPECT_FALSE(call.address.starts_with("[fe80::1]"))
          << fmt::format("{} fe80::1 with scope {}, when told to use {}", SendsTo(transport()),
                         call.scope_id, kScoped);
    }
  }
  EXPECT_TRUE(reached) << fmt::format("never {} {}{}", SendsTo(transport()), kScoped,
                                      end.exited ? "" : "; it " + WhyNotEnded(timeline()));
  if (!reached) return;
  const std::string wrong = WrongOutput(subject(), Output(), AllConversations());
  EXPECT_TRUE(wrong.empty()) << wrong << ", from a server with a link-local address";
}

}  // namespace
}  // namespace sockspec
