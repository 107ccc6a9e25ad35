// What checks see of the evidence.
#include "harness/testbed/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <iterator>
#include <map>
#include <set>

#include "harness/base/text.h"
#include "harness/testbed/judging_context.h"
#include "harness/testbed/matchers.h"
#include "harness/testbed/scenario.h"

namespace sockspec {
namespace {

JudgingContext& Now() { return *CurrentJudging(); }

// A signal that ends a program is no EINTR that it must survive, whether others send it or the
// program's own fault does: that one comes out of its code, never while a call sleeps.
bool EndsPrograms(int signal, int stop_signal) {
  constexpr int kEnds[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP,  SIGILL, SIGABRT,
                           SIGBUS,  SIGFPE, SIGSEGV, SIGTRAP, SIGSYS};
  return signal == stop_signal || std::ranges::find(kEnds, signal) != std::end(kEnds);
}

// Calls that no handler of a signal lets be restarted, whatever its SA_RESTART (signal(7)).
bool NeverRestarts(std::string_view call) {
  return call == "select" || call == "pselect6" || call == "poll" || call == "ppoll" ||
         call.starts_with("epoll_") || call == "nanosleep" || call == "clock_nanosleep";
}

}  // namespace

std::string NotObservable(const Subject& subject, const std::string& means) {
  const auto found = subject.missing.find(means);
  return fmt::format("{}{})", kNotObservable,
                     found == subject.missing.end() ? means : found->second);
}

const Subject& Check::subject() const { return *Now().subject; }
const Timeline& Check::timeline() const { return *Now().timeline; }
void Check::Examine(int event) { Now().examined.insert(event); }
void Check::Examine(const std::vector<int>& events) {
  Now().examined.insert(events.begin(), events.end());
}

void Check::TestBody() {
  try {
    Judge();
  } catch (const Undecided& undecided) {
    Now().undecided = true;
    Now().result.verdict = undecided.verdict;
    Now().result.reason = undecided.reason;
  } catch (const PlaneMissing& missing) {
    Now().undecided = true;
    Now().result.verdict = Verdict::kInconclusive;
    Now().result.reason = NotObservable(subject(), std::string(Name(missing.plane)));
  } catch (const std::exception& error) {
    // The check's own trouble, whatever the program did.
    Now().undecided = true;
    Now().result.verdict = Verdict::kError;
    Now().result.reason = std::string("the check itself failed: ") + error.what();
  }
}

const std::vector<Conversation>& Check::AllConversations() {
  const std::vector<Conversation>& all = timeline().Conversations();
  for (const Conversation& conversation : all) Examine(conversation.events);
  return all;
}

Conversation Check::TheConversation(int number) {
  for (const Conversation& conversation : timeline().Conversations()) {
    if (conversation.connection != number) continue;
    Examine(conversation.events);
    return conversation;
  }
  Inconclusive(fmt::format("the scenario ended before connection {}", number));
}

std::vector<int> Check::CallIndices(std::string_view glob) {
  const std::vector<int> indices = timeline().Calls(glob);
  Examine(indices);
  return indices;
}

const Call& Check::CallAt(int index) const {
  return *timeline()[static_cast<std::size_t>(index)].call;
}

std::vector<Call> Check::Calls(std::string_view glob) {
  std::vector<Call> calls;
  for (int index : CallIndices(glob)) calls.push_back(CallAt(index));
  return calls;
}

std::vector<Call> Check::Calls(std::string_view glob, SocketRole role) {
  std::vector<Call> calls;
  for (int index : timeline().Calls(glob)) {
    if (CallAt(index).role != role) continue;
    Examine(index);
    calls.push_back(CallAt(index));
  }
  return calls;
}

Snapshot Check::SnapshotAt(std::string_view label) {
  for (int index : timeline().OfKind(EventKind::kSnapshot)) {
    const Snapshot& snapshot = *timeline()[static_cast<std::size_t>(index)].snapshot;
    if (snapshot.label != label) continue;
    Examine(index);
    return snapshot;
  }
  Inconclusive(fmt::format("the scenario ended before the kernel was asked ({})", label));
}

std::optional<SocketRow> Check::Listener(const Snapshot& snapshot) {
  for (const SocketRow& row : snapshot.sockets) {
    if (row.IsEndpoint() && row.owned) return row;
  }
  return std::nullopt;
}

ProgramEnd Check::End(int run) {
  ProgramEnd end;
  bool killed = false;
  for (std::size_t i = 0; i < timeline().size(); ++i) {
    const Event& event = timeline()[i];
    if (event.run != run) continue;
    if (event.kind == EventKind::kStep && event.text == "kills the program") killed = true;
    if (event.kind == EventKind::kLaunched) Examine(static_cast<int>(i));
    if (event.kind != EventKind::kExited) continue;
    Examine(static_cast<int>(i));
    if (event.signal == SIGKILL && killed) return end;
    end.exited = true;
    end.status = static_cast<int>(event.number);
    end.signal = event.signal;
  }
  return end;
}

std::string Check::Output(int run) {
  for (int index : timeline().OfKind(EventKind::kOutput)) {
    const Event& event = timeline()[static_cast<std::size_t>(index)];
    if (event.run == run && event.number == 1) Examine(index);
  }
  return timeline().Output(run, 1);
}

std::string Check::ErrorOutput(int run) {
  for (int index : timeline().OfKind(EventKind::kOutput)) {
    const Event& event = timeline()[static_cast<std::size_t>(index)];
    if (event.run == run && event.number == 2) Examine(index);
  }
  return timeline().Output(run, 2);
}

bool Check::SawAllEnds() const {
  if (timeline().Has(Plane::kTrace)) return true;
  return timeline()
      .Find([](const Event& event) {
        return event.kind == EventKind::kProcessStarted && event.text != "launch";
      })
      .empty();
}

bool Check::Served(int run) {
  for (int index : timeline().Find([](const Event& event) {
         return event.kind == EventKind::kReady || event.kind == EventKind::kNotReady;
       })) {
    const Event& event = timeline()[static_cast<std::size_t>(index)];
    if (event.run != run) continue;
    Examine(index);
    if (event.kind == EventKind::kReady) return true;
  }
  return false;
}

bool Check::SettledAtLast() {
  const std::vector<int> waits = timeline().Find([](const Event& event) {
    return event.kind == EventKind::kSettled || event.kind == EventKind::kNotSettled ||
           event.kind == EventKind::kDeadline;
  });
  if (waits.empty()) return false;
  Examine(waits.back());
  return timeline()[static_cast<std::size_t>(waits.back())].kind == EventKind::kSettled;
}

bool Check::DeadlineReached() const {
  Now().knows_deadline = true;
  return !timeline().OfKind(EventKind::kDeadline).empty();
}

const ReplyModel& Check::Definition() {
  if (!definition_) definition_.emplace(subject().definition);
  return *definition_;
}

bool Check::Answered(const Conversation& conversation) {
  return Definition().Answers(conversation);
}

bool Check::Reached(const Conversation& conversation) {
  if (!conversation.received.empty() || Answered(conversation)) return true;
  if (subject().definition.Replies()) return false;
  if (!timeline().Has(Plane::kTrace)) return conversation.ending == Ending::kReset;
  return !timeline()
              .Find([&](const Event& event) {
                return event.kind == EventKind::kCall &&
                       event.call->connection == conversation.connection &&
                       event.call->error == 0 && event.call->result > 0 &&
                       (event.call->name.starts_with("re") || event.call->name == "splice");
              })
              .empty();
}

ReplyModel Check::FirstReply() {
  for (const Conversation& conversation : timeline().Conversations()) {
    if (!Answered(conversation) || conversation.ending == Ending::kReset) continue;
    Examine(conversation.events);
    return {subject().definition, conversation.received};
  }
  Inconclusive("no client of the scenario got a whole reply to compare with");
}

ReplyModel Check::OrdinaryReply() {
  const std::vector<Conversation>& all = timeline().Conversations();
  const ReplyModel model(subject().definition, all.empty() ? "" : all.front().received);
  for (const std::size_t i : {0, 1}) {
    const bool served = i < all.size() && all[i].ending != Ending::kReset && model.Fits(all[i]);
    if (!served) Inconclusive("it does not serve two ordinary clients, one after the other");
    Examine(all[i].events);
  }
  return model;
}

void Check::Note(const std::string& text) { Now().result.notes.push_back(text); }

void Check::Inconclusive(const std::string& reason) {
  throw Undecided{Verdict::kInconclusive, reason};
}

void Check::Need(const std::string& means) {
  if (!subject().Has(means)) Inconclusive(NotObservable(subject(), means));
}

void Check::NotApplicable(const std::string& reason) {
  throw Undecided{Verdict::kNotApplicable, reason};
}

void Check::NotReached(const std::string& reason) {
  if (subject().step > 1) NotApplicable(reason);
  Inconclusive(reason);
}

void Check::LevelHoldsIf(bool condition, const std::string& why_not) {
  if (condition) return;
  Now().result.lowered = true;
  Now().result.notes.push_back(why_not);
}

bool Check::EintrCanHappen(std::string_view call_glob) {
  const std::string scenario =
      ::testing::UnitTest::GetInstance()->current_test_info()->test_suite_name();
  const ScenarioInfo* info = FindScenario(scenario);
  if (info != nullptr && !info->needs.signal_actions) {
    throw std::logic_error("add .signal_actions = true to the needs of " + scenario);
  }
  Need("trace");
  // Of the process that makes the call: a helper that it executes, a shell, has handlers of its
  // own.
  std::map<int, std::map<int, bool>> handled;  // process -> signal -> SA_RESTART
  for (int i = 0; i < static_cast<int>(timeline().size()); ++i) {
    const Event& event = timeline()[i];
    std::map<int, bool>& restarts = handled[event.process];
    if (event.kind == EventKind::kProcessStarted && event.text != "thread") {
      restarts = handled[static_cast<int>(event.number)];
    } else if (event.kind == EventKind::kExecuted) {
      restarts.clear();
    }
    if (event.kind != EventKind::kCall) continue;
    const Call& call = *event.call;
    if (call.name == "rt_sigaction" && call.error == 0 && !call.option.empty()) {
      const bool handler =
          call.option == "handler" && !EndsPrograms(call.number, subject().launch.stop_signal);
      restarts.erase(call.number);
      if (handler) restarts[call.number] = (call.flags & SA_RESTART) != 0;
      Examine(i);
    } else if (GlobMatches(call_glob, call.name)) {
      Examine(i);
      const bool never = NeverRestarts(call.name);
      for (const auto& [signal, again] : restarts) {
        if (never || !again) return true;
      }
      if (call.name.starts_with("epoll_")) return true;  // SIGCONT is enough (signal(7))
    }
  }
  return false;
}

bool RegisterCheck(std::string_view scenario, std::string_view requirement, const char* file,
                   int line, ::testing::Test* (*make)()) {
  AllChecks().push_back({scenario, requirement, file, line, make});
  return true;
}

}  // namespace sockspec
