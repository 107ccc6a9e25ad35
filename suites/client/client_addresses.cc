// Names with several addresses: getaddrinfo(3), RFC 1123 2.3, connect(2).
#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <iterator>
#include <map>
#include <set>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/text.h"
#include "suites/client/client_evidence.h"

namespace sockspec {
namespace {

// Of both families in turn, so that a client meets two failures before its success whether it asks
// for one family alone or for any. Nobody listens at .2 and .3. To the last two addresses of
// kNowhere no packet gets; getaddrinfo() itself puts such ones last.
constexpr const char* kLastAnswers = "last.sockspec.test";
constexpr const char* kNowhere = "nowhere.sockspec.test";

// The two runs.
constexpr int kReached = 0;
constexpr int kLost = 1;

std::vector<std::string> Addresses() {
  return {"fd00::2", "127.0.0.2", "fd00::3", "127.0.0.3", "::1", "127.0.0.1"};
}

const char* Listening(Transport transport) {
  return Family(transport) == AF_INET6 ? "::1" : "127.0.0.1";
}

SCENARIO(ClientSeveralAddresses, kClient, kTcp,
         "the client is given a name with several addresses of both families, the last of which "
         "answers; in a second run one with addresses that refuse or are out of reach",
         .extra_addresses = {"fd00::2/128", "fd00::3/128"},
         .names = {{kLastAnswers, Addresses()},
                   {kNowhere,
                    {"fd00::2", "127.0.0.2", "fd00::3", "127.0.0.3", "2001:db8:1::1",
                     "198.51.100.1"}}},
         .dead_routes = {{"2001:db8:1::/48", DeadRoute::End::kUnreachable},
                         {"198.51.100.0/24", DeadRoute::End::kUnreachable}}) {
  Listen({.address = Listening(transport())});
  Launch({.address = kLastAnswers});
  Accept().Serve();
  WaitForExit();
  if (Running()) Kill();
  Launch({.address = kNowhere});
  WaitForExit();
}

// The ways in which the first attempt fails there; that it is refused is seen above.
enum class First { kUnreachable, kFamilyMissing };
constexpr First kFirsts[] = {First::kUnreachable, First::kFamilyMissing};

// A route that is really missing would not do: getaddrinfo() of glibc asks the kernel for one to
// each address, and for a socket of its family, and puts those without at the end.
std::vector<Fault> FirstFails(First how, Transport transport) {
  if (how == First::kUnreachable) {
    std::vector<Fault> faults;
    for (const int family : {AF_INET, AF_INET6}) {
      faults.push_back({.call = CallClass::kConnect,
                        .role = SocketRole::kUnconnected,
                        .family = family,
                        .error = ENETUNREACH});
    }
    return faults;
  }
  return {{.call = CallClass::kSocket,
           .family = Family(transport) == AF_INET6 ? AF_INET : AF_INET6,
           .type = SOCK_STREAM,
           .count = -1,
           .error = EAFNOSUPPORT}};
}

SCENARIO(
    ClientFirstAddressFails, kClient, kTcp,
    "the same name; the first connect() of each family fails with ENETUNREACH, and in a second "
    "run every socket() of the family that the answering address is not of, with EAFNOSUPPORT",
    .extra_addresses = {"fd00::2/128", "fd00::3/128"}, .names = {{kLastAnswers, Addresses()}}) {
  Listen({.address = Listening(transport())});
  for (const First how : kFirsts) {
    Launch({.address = kLastAnswers, .faults = FirstFails(how, transport())});
    Accept().Serve();
    WaitForExit();
    if (Running()) Kill();
  }
}

constexpr const char* kNotRedirected =
    "tries no address of the name: its resolver cannot be told of names here";

// A connect() of a stream socket to an address of the network, but a name server's.
bool IsAttempt(const Call& call) {
  return call.name == "connect" && call.role != SocketRole::kDatagram &&
         call.address.find(':') != std::string::npos && call.address.front() != '/' &&
         call.address.front() != '@' && !call.address.ends_with(":53");
}

std::vector<int> Attempts(const Timeline& timeline, int run) {
  std::vector<int> attempts;
  for (const int index : timeline.Calls("connect")) {
    if (timeline[index].run == run && IsAttempt(*timeline[index].call)) attempts.push_back(index);
  }
  return attempts;
}

// The addresses that were tried, each once, in order.
std::vector<std::string> Tried(const Timeline& timeline, int run) {
  std::vector<std::string> tried;
  for (const int index : Attempts(timeline, run)) {
    const std::string& address = timeline[index].call->address;
    if (std::ranges::find(tried, address) == tried.end()) tried.push_back(address);
  }
  return tried;
}

// Why this connect() must not be made on its socket, given the one before on the same; empty: it
// may. Who asks by a second connect() what has become of the first one uses the same address.
std::string WrongRepeat(const Call& before, const Call& now) {
  if (before.address != now.address) {
    return fmt::format("tries {} on the socket that has tried {} before", now.address,
                       before.address);
  }
  const bool unfinished = before.error == 0 || before.error == EINPROGRESS ||
                          before.error == EALREADY || before.error == EINTR;
  return unfinished ? ""
                    : fmt::format("tries {} again on the socket that failed with {}", now.address,
                                  ErrnoName(before.error));
}

// CLI-08: if the first address fails, the next ones are tried.
CHECK(ClientSeveralAddresses, "CLI-08") {
  if (!TakesHost(subject().launch)) NotApplicable(kNoHost);
  const bool reached = SessionOf(AllConversations(), kReached).has_value();
  // A program that got there has tried what comes before, unless its resolver has sorted again. One
  // that did not may not have been told of the addresses at all, which only the trace shows.
  if (subject().traced || !reached) {
    Calls("connect");
    const std::vector<std::string> tried = Tried(timeline(), kReached);
    if (tried.empty() && !reached) Inconclusive(kNotRedirected);
    EXPECT_TRUE(reached) << fmt::format("gives up after {} of the addresses of a name: {}",
                                        tried.size(), Join(tried, ", "));
    if (!reached) return;
    if (tried.size() < 2) Inconclusive("its resolver gave the address that answers first");
  }
  const std::string end = WrongSuccess(timeline(), End(kReached), kReached);
  EXPECT_TRUE(end.empty()) << end << ", though the last address of the name answers";
  const std::string output = WrongOutput(subject(), Output(kReached), AllConversations(), kReached);
  EXPECT_TRUE(output.empty()) << output << ", from the last address of a name";
}

// What the faults of that run hit first; none where they hit nothing, or what would have succeeded.
std::optional<Call> Failed(const Timeline& timeline, int run, const std::string& answers) {
  std::optional<Call> first;
  for (const int index : timeline.Calls("*")) {
    const Call& call = *timeline[index].call;
    if (timeline[index].run != run || !call.injected) continue;
    if (SameEndpoint(call.address, answers)) return std::nullopt;
    if (!first) first = call;
  }
  return first;
}

// CLI-08: whatever keeps the first address from being reached.
CHECK(ClientFirstAddressFails, "CLI-08") {
  if (!TakesHost(subject().launch)) NotApplicable(kNoHost);
  Calls("connect");
  const std::string answers = Endpoint(subject(), Listening(transport()));
  int judged = 0;
  for (int run = 0; run < static_cast<int>(std::size(kFirsts)); ++run) {
    const std::optional<Call> failed = Failed(timeline(), run, answers);
    // One that makes no socket of another family than it was told to never finds one missing.
    if (!failed) continue;
    ++judged;
    Examine(FaultsIn(timeline(), run));
    const std::string when =
        fmt::format(", when {}() for the first address of a name fails with {}", failed->name,
                    ErrnoName(failed->error));
    const bool reached = SessionOf(AllConversations(), run).has_value();
    EXPECT_TRUE(reached) << "gives up" << when;
    if (!reached) continue;
    const std::string end = WrongSuccess(timeline(), End(run), run);
    EXPECT_TRUE(end.empty()) << end << when;
    const std::string output = WrongOutput(subject(), Output(run), AllConversations(), run);
    EXPECT_TRUE(output.empty()) << output << when;
  }
  if (judged == 0) Inconclusive(kNotRedirected);
}

// CLI-09: each attempt uses a fresh socket; the failed ones are closed.
CHECK(ClientSeveralAddresses, "CLI-09") {
  if (!TakesHost(subject().launch)) NotApplicable(kNoHost);
  Calls("connect");
  std::map<int, Call> last;  // by socket
  std::vector<int> order;    // of the sockets
  std::set<int> reached;     // need not be closed
  const std::string answers = Endpoint(subject(), Listening(transport()));
  for (const int run : {kReached, kLost}) {
    const std::size_t before = order.size();
    for (const int index : Attempts(timeline(), run)) {
      Examine(index);
      const Call& call = CallAt(index);
      if (SameEndpoint(call.address, answers)) reached.insert(call.on_socket);
      const auto [found, fresh] = last.emplace(call.on_socket, call);
      if (fresh) {
        order.push_back(call.on_socket);
        continue;
      }
      const std::string wrong = WrongRepeat(found->second, call);
      EXPECT_TRUE(wrong.empty()) << wrong;
      found->second = call;
    }
    // The last one may be left to the end of the program.
    if (order.size() > before) reached.insert(order.back());
  }
  if (order.empty()) Inconclusive(kNotRedirected);
  if (Tried(timeline(), kReached).size() + Tried(timeline(), kLost).size() < 3) {
    Inconclusive("makes no second attempt");
  }
  std::set<int> closed;
  for (const Call& call : Calls("close*")) closed.insert(call.on_socket);
  for (const int socket : order) {
    EXPECT_TRUE(closed.contains(socket) || reached.contains(socket)) << fmt::format(
        "leaves the socket open that could not be connected to {}", last.at(socket).address);
  }
}

// CLI-10: if every address fails, that is a failure, and nothing is printed.
CHECK(ClientSeveralAddresses, "CLI-10") {
  if (!TakesHost(subject().launch)) NotApplicable(kNoHost);
  const std::string wrong = WrongFailure(timeline(), End(kLost), kLost);
  EXPECT_TRUE(wrong.empty()) << wrong << ", though no address of the name answers";
  if (subject().launch.output == OutputKind::kExact) {
    EXPECT_TRUE(Output(kLost).empty())
        << "prints " << Quote(Output(kLost))
        << " on standard output, though no address of the name answers";
  }
  if (subject().traced && Attempts(timeline(), kLost).empty()) Inconclusive(kNotRedirected);
}

// CLI-19: it says so.
CHECK(ClientSeveralAddresses, "CLI-19") {
  if (!TakesHost(subject().launch)) NotApplicable(kNoHost);
  End(kLost);
  EXPECT_TRUE(!ErrorOutput(kLost).empty())
      << "says nothing on standard error when no address of the name answers";
}

}  // namespace
}  // namespace sockspec
