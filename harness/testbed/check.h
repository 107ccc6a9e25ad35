// What a suite author writes checks with: CHECK, the evidence, and the ways to end undecided.
//
// A check is a GoogleTest test that judges one requirement on one scenario's finished evidence. It
// never touches the program, so that a stored record is judged by the same code. What it looks at
// through the functions below is counted (a check that looked at nothing cannot pass) and marked in
// the report's excerpt of the timeline.
//
//   // CLS-02: a connection without unread input ends by FIN.
//   CHECK(Exchanges, "CLS-02") {   // in an unnamed namespace, as every scenario and check
//     EXPECT_THAT(TheConversation(), EndedBy(Ending::kFin));
//   }
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/transport.h"
#include "harness/evidence/timeline.h"
#include "harness/manifest/manifest.h"
#include "harness/testbed/reply_model.h"
#include "harness/testbed/scenario.h"

namespace sockspec {

// What a check may ask beside the timeline; stored in the record's header.
struct Subject {
  Role role = Role::kServer;
  Transport transport = Transport::kTcp4;
  std::string service;
  Service definition;  // of that service
  LaunchSpec launch;
  // The ordinary parameters of the launch.
  std::string address;
  int port = 0;
  std::string path;
  int backlog = 0;
  std::string reply;   // client scenarios: what the harness's server says of itself
  int step = 0;        // of a sweep, from 1; 0: the scenario is none
  bool traced = true;  // planes that this host has
  bool isolated = true;
  // Means of seeing that are not there, and why: "trace" -> "ptrace denied" or "--planes kernel";
  // likewise "kernel", "socket-diag", "namespaces", "network-settings".
  std::map<std::string, std::string> missing;
  bool Has(const std::string& means) const { return !missing.contains(means); }
};
// Why something cannot be seen without these means: "not observable here (ptrace denied)". What
// begins with kLeftOut was left out on purpose, on the command line.
inline constexpr std::string_view kNotObservable = "not observable here (";
inline constexpr std::string_view kLeftOut = "not observable here (--planes";
std::string NotObservable(const Subject& subject, const std::string& means);

// How the program's first process ended.
struct ProgramEnd {
  bool exited = false;  // false: it was still there at the end of the scenario, or was killed
                        // by the harness
  int status = -1;      // exit status; -1 when a signal killed it
  int signal = 0;
};
std::ostream& operator<<(std::ostream& out, const ProgramEnd& end);
std::ostream& operator<<(std::ostream& out, const Conversation& conversation);
std::ostream& operator<<(std::ostream& out, Ending ending);

class Check : public ::testing::Test {
 protected:
  virtual void Judge() = 0;

  const Subject& subject() const;
  Transport transport() const { return subject().transport; }
  const Timeline& timeline() const;  // unmarked; use Examine() for what a verdict rests on

  // --- evidence: everything returned is marked as examined ---------------------------------------
  Conversation TheConversation(int number = 0);         // inconclusive if the scenario had none
  const std::vector<Conversation>& AllConversations();  // may be empty
  // Traced calls whose name matches the glob; inconclusive where the program was not traced.
  std::vector<Call> Calls(std::string_view glob);
  std::vector<Call> Calls(std::string_view glob, SocketRole role);
  // The same with their places on the timeline, for questions of order.
  std::vector<int> CallIndices(std::string_view glob);
  const Call& CallAt(int index) const;
  Snapshot SnapshotAt(std::string_view label);  // inconclusive if there is none
  // The program's endpoint, on its port or path: what listens there, or the datagram socket.
  std::optional<SocketRow> Listener(const Snapshot& snapshot);
  ProgramEnd End(int run = 0);
  std::string Output(int run = 0);  // standard output
  std::string ErrorOutput(int run = 0);
  // False where the program is not traced and had more processes than the first of each launch.
  bool SawAllEnds() const;
  bool Served(int run = 0);  // kReady was reached in that run
  bool SettledAtLast();      // the last wait of the scenario ended by settled
  bool DeadlineReached() const;
  void Examine(int event);
  void Examine(const std::vector<int>& events);

  // The exchange was a whole one by the service's definition. Examines nothing.
  bool Answered(const Conversation& conversation);
  // The server was heard of: some reply came, or where none is due, the input was taken.
  bool Reached(const Conversation& conversation);
  // The scenario's first whole exchange, for comparison with others; inconclusive where there was
  // none.
  ReplyModel FirstReply();
  // The same of a scenario that begins with two ordinary exchanges, one after the other: a program
  // that does not get so far says nothing about what comes after; inconclusive then.
  ReplyModel OrdinaryReply();

  // --- other verdicts ----------------------------------------------------------------------------
  void Note(const std::string& text);  // a pass with a note
  [[noreturn]] void Inconclusive(const std::string& reason);
  // Inconclusive unless these means were there: "trace", "kernel", "socket-diag". What asks for
  // calls or snapshots needs no more than that.
  void Need(const std::string& means);
  [[noreturn]] void NotApplicable(const std::string& reason);  // an observed condition never held
  // The call at which the fault was aimed was never made. Inconclusive, but in a later step of a
  // sweep: there it says that the steps before have covered all calls.
  [[noreturn]] void NotReached(const std::string& reason);
  // The requirement's level is its `otherwise` unless `condition` held in this run.
  void LevelHoldsIf(bool condition, const std::string& why_not);
  // Rule F1: a handler without SA_RESTART is installed (for a signal that is not the stop signal),
  // or any handler where the interrupted call never restarts; or stopping and going on interrupts.
  // For scenarios that need `signal_actions` alone.
  bool EintrCanHappen(std::string_view call_glob);

 private:
  void TestBody() final;
  const ReplyModel& Definition();

  std::optional<ReplyModel> definition_;
};

// ------------------------------------------------------------------------------------------------
bool RegisterCheck(std::string_view scenario, std::string_view requirement, const char* file,
                   int line, ::testing::Test* (*make)());

// The scenario name under which checks stand that judge every scenario of a role.
inline constexpr std::string_view kEveryServerScenario = "EveryServerScenario";
inline constexpr std::string_view kEveryClientScenario = "EveryClientScenario";

}  // namespace sockspec

#define SOCKSPEC_NAME_(prefix, number) prefix##number
#define SOCKSPEC_NAME(prefix, number) SOCKSPEC_NAME_(prefix, number)
#define SOCKSPEC_CHECK(scenario, requirement, number)                             \
  class SOCKSPEC_NAME(Check, number) : public ::sockspec::Check {                 \
    void Judge() override;                                                        \
  };                                                                              \
  [[maybe_unused]] static const bool SOCKSPEC_NAME(kCheckRegistered, number) =    \
      ::sockspec::RegisterCheck(                                                  \
          scenario, requirement, __FILE__, __LINE__,                              \
          []() -> ::testing::Test* { return new SOCKSPEC_NAME(Check, number); }); \
  void SOCKSPEC_NAME(Check, number)::Judge()

// CHECK(Scenario, "ID") { EXPECT_... }: judges one requirement on that scenario's evidence. The
// name must be one of the same file's SCENARIOs, or one of suites/ elsewhere; a test keeps it so.
#define CHECK(Scenario, requirement) SOCKSPEC_CHECK(#Scenario, requirement, __COUNTER__)
