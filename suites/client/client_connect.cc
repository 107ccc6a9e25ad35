// Connections that fail, or that a signal interrupts: connect(2), XSH connect().
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "harness/base/error.h"
#include "harness/base/text.h"
#include "suites/client/client_evidence.h"

namespace sockspec {
namespace {

// On the sockets that may connect to the endpoint: runtimes reach IPv4 by way of IPv6 as well, and
// the resolver's own are of AF_UNIX.
std::vector<Fault> OnConnect(Transport transport, Fault fault) {
  std::vector<Fault> faults;
  fault.call = CallClass::kConnect;
  for (const int family : {AF_INET, AF_INET6, AF_UNIX}) {
    if ((family == AF_UNIX) != IsUnix(transport)) continue;
    fault.family = family;
    faults.push_back(fault);
  }
  return faults;
}

// Every connect(), so that a second attempt fails as the first did.
std::vector<Fault> ConnectFails(Transport transport, int error) {
  return OnConnect(transport, {.count = -1, .error = error});
}

struct Refusal {
  const char* at_path;  // what lies there; "": nothing
  int error;
  const char* why;
};
std::vector<Refusal> Refusals(Transport transport) {
  if (!IsUnix(transport)) return {{"", ECONNREFUSED, "the connection was refused"}};
  return {{"stale-socket", ECONNREFUSED, "nobody listens at the path any more"},
          {"", ENOENT, "nothing lies at the path"},
          {"file", ECONNREFUSED, "the path is no socket"},
          {"forbidden-socket", EACCES, "the path may not be written to"}};
}

SCENARIO(ClientRefused, kClient, kStreams,
         "nobody listens where the client is to connect; on UNIX, in further runs, there is "
         "nothing, a file, or a socket of mode 0") {
  for (const Refusal& refusal : Refusals(transport())) {
    if (*refusal.at_path != '\0') WritePath(refusal.at_path);
    Launch();
    WaitForExit();
    if (Running()) Kill();
    ClearPath();
  }
}

constexpr int kUnreachableErrors[] = {ENETUNREACH, EHOSTUNREACH};

SCENARIO(ClientUnreachable, kClient, kTcp,
         "connect() fails with ENETUNREACH and, in a second run, with EHOSTUNREACH") {
  Listen();
  for (const int error : kUnreachableErrors) {
    Launch({.faults = ConnectFails(transport(), error)});
    WaitForExit();
    if (Running()) Kill();
  }
}

SCENARIO(ClientConnectTimesOut, kClient, kTcp,
         "every connect() fails with ETIMEDOUT, as after minutes without an answer") {
  Listen();
  Launch({.faults = ConnectFails(transport(), ETIMEDOUT)});
  WaitForExit();
}

SCENARIO(ClientConnectUnanswered, kClient, kTcp,
         "the server's queue is full, so that connect() gets no answer; then Ctrl-C") {
  Listen({.full_queue = true});
  Launch();
  Settle();
  if (!Running()) return;
  Interrupt();
  WaitForExit();
}

SCENARIO(ClientConnectError, kClient, kAllTransports,
         "every connect() fails with ENOBUFS; over datagrams, every send as well") {
  Listen();
  std::vector<Fault> faults = ConnectFails(transport(), ENOBUFS);
  if (SocketType(transport()) == SOCK_DGRAM) {
    // One that does not connect its socket learns of it here.
    faults.push_back(
        {.call = CallClass::kSend, .role = SocketRole::kDatagram, .count = -1, .error = ENOBUFS});
  }
  Launch({.faults = faults});
  WaitForExit();
}

// POSIX lets an interrupted connect() go on. On Linux that of a UNIX socket does not (net/unix/
// af_unix.c): a client that is right about either of the two conforms.
std::vector<FaultAction> Interruptions(Transport transport) {
  if (IsUnix(transport)) return {FaultAction::kErrno, FaultAction::kAfter};
  return {FaultAction::kAfter};
}

// More connections no client tries for one exchange, a retry after each failure included.
constexpr int kMostConnects = 16;

SCENARIO(ClientConnectInterrupted, kClient, kStreams,
         "the n-th connect() reports EINTR, but goes on; on UNIX, in a run before, it does not",
         .signal_actions = true, .sweep = kMostConnects) {
  Listen();
  for (const FaultAction action : Interruptions(transport())) {
    Launch({.faults = OnConnect(transport(), {.role = SocketRole::kUnconnected,
                                              .first = SweepStep(),
                                              .action = action,
                                              .error = EINTR})});
    // A client may give the first connection up and connect afresh, once or more.
    constexpr int kAttempts = 4;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      Session session = Accept();
      if (!session.connected()) break;
      session.Serve();
    }
    WaitForExit();
    if (Running()) Kill();
  }
}

// What should be on standard output of a client that received nothing; with `error` as its cause.
std::string WrongSilence(const Subject& subject, const std::string& output, int error) {
  if (subject.launch.output == OutputKind::kExact) {
    return output.empty() ? ""
                          : fmt::format("prints {} on standard output, though nothing was received",
                                        Quote(output));
  }
  // Labels of its own are allowed there, but no message.
  if (!NamesError(output, error)) return "";
  return fmt::format("prints its error message on standard output: {}", Quote(output));
}

// CLI-04: refused: an exit status that says so, and nothing on standard output.
CHECK(ClientRefused, "CLI-04") {
  for (int run = 0; const Refusal& refusal : Refusals(transport())) {
    const std::string wrong = WrongFailure(timeline(), End(run), run);
    EXPECT_TRUE(wrong.empty()) << wrong << ", though " << refusal.why;
    const std::string noise = WrongSilence(subject(), Output(run), refusal.error);
    EXPECT_TRUE(noise.empty()) << noise << ", when " << refusal.why;
    ++run;
  }
}

// CLI-05: unreachable: the same.
CHECK(ClientUnreachable, "CLI-05") {
  for (int run = 0; run < 2; ++run) {
    const int error = kUnreachableErrors[run];
    const std::vector<int> faults = FaultsIn(timeline(), run);
    Examine(faults);
    if (faults.empty()) Inconclusive("the program made no connect() call that could fail");
    const std::string wrong = WrongFailure(timeline(), End(run), run);
    EXPECT_TRUE(wrong.empty()) << wrong << ", though connect() failed with " << ErrnoName(error);
    const std::string noise = WrongSilence(subject(), Output(run), error);
    EXPECT_TRUE(noise.empty()) << noise;
  }
}

// CLI-06: a connect without an answer ends in bounded time with a message.
CHECK(ClientConnectTimesOut, "CLI-06") {
  const std::vector<int> faults = FaultsIn(timeline());
  Examine(faults);
  if (faults.empty()) Inconclusive("the program made no connect() call that could fail");
  if (faults.size() >= kEndless && DeadlineReached()) {
    ADD_FAILURE() << fmt::format("connects {} times and is not done when connect() times out",
                                 faults.size());
    return;
  }
  const std::string wrong = WrongFailure(timeline(), End());
  EXPECT_TRUE(wrong.empty()) << wrong << ", though connect() failed with ETIMEDOUT";
  EXPECT_TRUE(!ErrorOutput().empty()) << "says nothing on standard error when connect() times out";
}

// CLI-06: while there is no answer, a signal ends the wait.
CHECK(ClientConnectUnanswered, "CLI-06") {
  const ProgramEnd end = End();
  if (WasInterrupted(timeline())) {
    EXPECT_TRUE(end.exited) << "is not ended by SIGINT while connect() gets no answer: "
                            << WhyNotEnded(timeline());
    return;
  }
  const std::string wrong = WrongFailure(timeline(), end);
  EXPECT_TRUE(wrong.empty()) << wrong << ", though connect() got no answer";
  EXPECT_TRUE(!ErrorOutput().empty())
      << "says nothing on standard error when connect() gets no answer";
}

// CLI-07: after EINTR the connection in progress is awaited, or a new one made.
CHECK(ClientConnectInterrupted, "CLI-07") {
  LevelHoldsIf(EintrCanHappen("connect"),
               "the program has no signal handler that could interrupt connect()");
  for (const Call& call : Calls("connect")) {
    if (call.injected && call.non_blocking) NotApplicable("its connect() does not block");
  }
  std::string first;  // what was wrong first
  for (int run = 0; run < static_cast<int>(Interruptions(transport()).size()); ++run) {
    const std::vector<int> faults = FaultsIn(timeline(), run);
    Examine(faults);
    if (faults.empty()) NotReached("the program made no connect() call that could be interrupted");
    std::string wrong = WrongSuccess(timeline(), End(run), run);
    if (wrong.empty()) wrong = WrongOutput(subject(), Output(run), AllConversations(), run);
    if (wrong.empty()) return;
    if (first.empty()) first = std::move(wrong);
  }
  ADD_FAILURE() << first << " after connect() was interrupted by a signal (EINTR)";
}

// CLI-16: the result of an asynchronous connect is looked at before reading.
CHECK(ClientRefused, "CLI-16") {
  bool asynchronous = false;
  for (const Call& call : Calls("connect")) {
    asynchronous = asynchronous || call.error == EINPROGRESS;
  }
  if (!asynchronous) NotApplicable("its connect() blocks");
  const std::string wrong = WrongFailure(timeline(), End());
  EXPECT_TRUE(wrong.empty()) << wrong << ", though the asynchronous connect was refused";
  EXPECT_TRUE(ErrorOutput().find(": Success") == std::string::npos)
      << "says \"Success\" of a connection that was refused: " << Quote(ErrorOutput());
}

// CLI-19: a client that fails says why on standard error.
CHECK(ClientRefused, "CLI-19") {
  for (int run = 0; const Refusal& refusal : Refusals(transport())) {
    EXPECT_TRUE(!ErrorOutput(run).empty())
        << "says nothing on standard error, though " << refusal.why;
    ++run;
  }
}

// CLI-19: likewise where the network is unreachable.
CHECK(ClientUnreachable, "CLI-19") {
  for (int run = 0; run < 2; ++run) {
    EXPECT_TRUE(!ErrorOutput(run).empty())
        << fmt::format("says nothing on standard error when connect() fails with {}",
                       ErrnoName(kUnreachableErrors[run]));
  }
}

// DIA-01: the message does not go to standard output.
CHECK(ClientRefused, "DIA-01") {
  for (int run = 0; const Refusal& refusal : Refusals(transport())) {
    End(run);
    const std::string wrong = WrongSilence(subject(), Output(run), refusal.error);
    EXPECT_TRUE(wrong.empty()) << wrong;
    ++run;
  }
}

// DIA-01: likewise where the network is unreachable.
CHECK(ClientUnreachable, "DIA-01") {
  for (int run = 0; run < 2; ++run) {
    End(run);
    const std::string wrong = WrongSilence(subject(), Output(run), kUnreachableErrors[run]);
    EXPECT_TRUE(wrong.empty()) << wrong;
  }
}

// DIA-02: the message gives the reason by the errno's text, name or number.
CHECK(ClientConnectError, "DIA-02") {
  const std::vector<int> faults = FaultsIn(timeline());
  Examine(faults);
  if (faults.empty()) Inconclusive("the program made no connect() call that could fail");
  std::vector<std::string> failed;  // the calls' names
  for (const Call& call : Calls("*")) {
    if (call.injected) failed.push_back(call.name);
  }
  const std::string said = ErrorOutput();
  if (NamesError(said, ENOBUFS)) return;
  const auto sends =
      std::ranges::count_if(failed, [](const auto& name) { return name != "connect"; });
  // To whom a datagram that is not sent is one that is lost, there is nothing to say of it.
  if (sends > 1) Inconclusive("it tries again where a send fails with ENOBUFS");
  ADD_FAILURE() << fmt::format(
      "does not say that {}() failed with ENOBUFS (No buffer space available): {}",
      failed.empty() ? "connect" : failed.back(),
      said.empty() ? "standard error is empty" : "it says " + Quote(said));
}

// DIA-03: a client that cannot begin exits with a status from 1 to 255.
CHECK(ClientRefused, "DIA-03") {
  const int runs = static_cast<int>(Refusals(transport()).size());
  for (int run = 0; run < runs; ++run) EXPECT_THAT(End(run), ExitedWithFailure());
}

}  // namespace
}  // namespace sockspec
