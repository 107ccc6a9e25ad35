// What a server says, where it says it, and with which status it ends.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <csignal>

#include "harness/base/error.h"
#include "harness/base/text.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

SCENARIO(BindFails, kServer, kAllTransports, "every bind() fails with ENOBUFS") {
  Launch({.faults = {{.call = CallClass::kBind, .count = -1, .error = ENOBUFS}}});
}

SCENARIO(WrongUsage, kServer, kAllTransports,
         "launched without arguments, then with an option that it does not have") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{}, std::vector<std::string>{"--no-such-option"}}) {
    Launch({.arguments = arguments});
    Kill();
  }
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char byte) { return static_cast<char>(std::tolower(byte)); });
  return text;
}

// Whether it looked for the system's log (syslog(3)), which is outside its sandbox.
bool CalledSyslog(const Timeline& timeline) {
  return !SelectCalls(timeline, [](const Call& call) {
            return call.name == "connect" && call.address == "/dev/log";
          }).empty();
}

// DIA-02: the message names what failed and why.
CHECK(BindFails, "DIA-02") {
  bool injected = false;
  for (const int index : CallIndices("bind")) injected = injected || CallAt(index).injected;
  if (!injected) NotApplicable("it binds no socket itself");
  if (Served()) Inconclusive("it serves all the same");
  // On standard output it fails DIA-07, not this.
  const std::string said = ErrorOutput() + Output();
  if (said.empty() && CalledSyslog(timeline())) Inconclusive("what it told syslog is not seen");
  EXPECT_THAT(said, IsNotEmptyText()) << "says nothing when bind() fails";
  const std::string lower = Lower(said);
  bool why = false;
  for (const char* word : {"no buffer space", "enobufs", "105"}) {
    why = why || lower.find(word) != std::string::npos;
  }
  EXPECT_TRUE(why) << "does not say why bind() failed (ENOBUFS, no buffer space): "
                   << Quote(said, 200);
}

// DIA-03: a failed start gives an exit status from 1 to 255.
CHECK(UnsupportedFamilies, "DIA-03") {
  if (!subject().launch.Mentions("family") && !subject().launch.Mentions("transport")) {
    NotApplicable("no {family} in its command");
  }
  if (Served(0) && Served(1)) Inconclusive("it started all the same");
  for (const int run : {0, 1}) {
    if (Served(run)) continue;
    EXPECT_THAT(End(run), ExitedWithFailure());
  }
}

CHECK(BadPorts, "DIA-03") {
  if (!subject().launch.Mentions("port")) NotApplicable("no {port} in its command");
  int judged = 0;
  for (int run = 0; run < 3; ++run) {
    if (Served(run)) continue;
    ++judged;
    EXPECT_THAT(End(run), ExitedWithFailure());
  }
  if (judged == 0) Inconclusive("it started all the same");
}

bool IsCrash(int signal) {
  return signal == SIGSEGV || signal == SIGABRT || signal == SIGBUS || signal == SIGFPE ||
         signal == SIGILL;
}

// DIA-04: nothing ends the program by a crash.
CHECK(EveryServerScenario, "DIA-04") {
  Examine(timeline().OfKind(EventKind::kLaunched));
  const std::vector<int> faults = timeline().Find([](const Event& event) {
    if (event.kind == EventKind::kFault) return true;
    return event.kind == EventKind::kCall &&
           (event.call->injected || event.call->error == EMFILE || event.call->error == ENFILE);
  });
  for (const EventKind kind : {EventKind::kExited, EventKind::kProcessEnded}) {
    for (const int index : timeline().OfKind(kind)) {
      const Event& end = timeline()[index];
      Examine(index);
      if (!IsCrash(end.signal)) continue;
      const bool asserted = end.signal == SIGABRT && !faults.empty() && faults.front() < index;
      if (asserted)
        Inconclusive("it calls abort() after a fault of the harness's, maybe on purpose");
      ADD_FAILURE() << fmt::format(
          "crashes with {}: {}", SignalName(end.signal),
          WhatItDidLast(timeline(), end.run, End(end.run), ErrorOutput(end.run)));
    }
  }
  if (!SawAllEnds()) Need("trace");
}

// DIA-05: wrong usage prints a usage text on standard error, fails, and touches no network.
CHECK(WrongUsage, "DIA-05") {
  for (const int run : {0, 1}) {
    const char* what = run == 0 ? "without arguments" : "with an unknown option";
    const ProgramEnd end = End(run);
    EXPECT_TRUE(end.exited && end.signal == 0 && end.status != 0)
        << fmt::format("does not end with a status other than 0 {}", what);
    EXPECT_TRUE(!ErrorOutput(run).empty())
        << fmt::format("prints no usage text on standard error {}", what);
    for (const char* name : {"bind", "listen"}) {
      for (const int index : CallIndices(name)) {
        EXPECT_TRUE(timeline()[index].run != run)
            << fmt::format("calls {}() though it was launched {}", name, what);
      }
    }
  }
}

// Text that speaks of a failure; a greeting at the start does not.
bool SpeaksOfFailure(const std::string& text) {
  const std::string lower = Lower(text);
  for (const char* word : {"error", "fail", "in use", "cannot", "can't", "could not", "unable",
                           "invalid", "refused", "denied", "errno", "eaddrinuse", "bad "}) {
    if (lower.find(word) != std::string::npos) return true;
  }
  return false;
}

// DIA-07: error messages do not go to standard output.
CHECK(EndpointInUse, "DIA-07") {
  if (Served() || !End().exited) Inconclusive("it did not fail to start");
  const std::string output = Output();
  EXPECT_FALSE(SpeaksOfFailure(output))
      << "writes its error message to standard output: " << Quote(output, 200);
}

CHECK(BadPorts, "DIA-07") {
  if (!subject().launch.Mentions("port")) NotApplicable("no {port} in its command");
  int judged = 0;
  for (int run = 0; run < 3; ++run) {
    if (Served(run) || !End(run).exited) continue;
    ++judged;
    const std::string output = Output(run);
    EXPECT_FALSE(SpeaksOfFailure(output))
        << "writes its error message to standard output: " << Quote(output, 200);
  }
  if (judged == 0) Inconclusive("it did not fail to start");
}

}  // namespace
}  // namespace sockspec
