// Names of UNIX sockets that a client is given: unix(7).
#include <fmt/format.h>

#include <iterator>

#include "harness/base/text.h"
#include "suites/client/client_evidence.h"

namespace sockspec {
namespace {

constexpr std::size_t kPathLengths[] = {109, 200};

// In the folder of the ordinary path.
std::string PathOfLength(const std::string& path, std::size_t length) {
  std::string longer = path.substr(0, path.rfind('/') + 1);
  longer.resize(length, 'x');
  return longer;
}

SCENARIO(ClientLongPaths, kClient, kUnix, "launched with paths longer than sun_path") {
  // Where a program that cuts the path would arrive.
  constexpr std::size_t kLongestPath = 107;
  Listen({.path = PathOfLength(path(), kLongestPath)});
  for (const std::size_t length : kPathLengths) {
    Launch({.path = PathOfLength(path(), length)});
    Accept().Serve();
    WaitForExit();
    if (Running()) Kill();
  }
}

constexpr const char* kAbstractName = "@x";

SCENARIO(ClientAbstractName, kClient, kUnix, "the server has the abstract name @x") {
  Listen({.path = kAbstractName});
  Launch({.path = kAbstractName});
  Accept().Serve();
  WaitForExit();
}

// UNX-05: a path longer than sun_path is refused, not cut.
CHECK(ClientLongPaths, "UNX-05") {
  if (!subject().launch.Mentions("path")) NotApplicable("the command takes no {path}");
  for (int run = 0; run < static_cast<int>(std::size(kPathLengths)); ++run) {
    const std::string asked = PathOfLength(subject().path, kPathLengths[run]);
    const std::string wrong = WrongRefusal(timeline(), AllConversations(), End(run), run);
    EXPECT_TRUE(wrong.empty()) << fmt::format("{}, when given a path of {} bytes", wrong,
                                              asked.size());
    for (const int index : CallIndices("connect")) {
      const std::string& address = CallAt(index).address;
      const bool cut = address.size() > 1 && asked.starts_with(address) && address != asked;
      if (timeline()[index].run != run || !cut) continue;
      ADD_FAILURE() << fmt::format("cuts a path of {} bytes and connects to the first {}",
                                   asked.size(), address.size());
    }
  }
}

// UNX-06: an abstract name has exactly the length requested.
CHECK(ClientAbstractName, "UNX-06") {
  if (!subject().launch.Mentions("path")) NotApplicable("the command takes no {path}");
  const ProgramEnd end = End();
  const bool reached = SessionOf(AllConversations()).has_value();
  if (!reached && subject().traced) {
    for (const int index : NamingCalls(timeline(), transport())) {
      Examine(index);
      const Call& call = CallAt(index);
      EXPECT_FALSE(call.address.starts_with(kAbstractName)) << fmt::format(
          "{} {}, an abstract name of {} bytes, when told to use \"{}\"", SendsTo(transport()),
          Quote(call.address), call.address.size() - 1, kAbstractName);
    }
  }
  EXPECT_TRUE(reached) << fmt::format("never {} the abstract name {}{}", SendsTo(transport()),
                                      kAbstractName,
                                      end.exited ? "" : "; it " + WhyNotEnded(timeline()));
  if (!reached) return;
  const std::string wrong = WrongOutput(subject(), Output(), AllConversations());
  EXPECT_TRUE(wrong.empty()) << wrong << ", from a server with an abstract name";
}

}  // namespace
}  // namespace sockspec
