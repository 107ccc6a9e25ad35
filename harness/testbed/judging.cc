// Judging by GoogleTest: the filter chooses the checks, a listener takes what they found.
#include "harness/testbed/judging.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "harness/base/text.h"
#include "harness/testbed/judging_context.h"

namespace sockspec {
namespace {

struct VerdictName {
  Verdict verdict;
  std::string_view name;
};
constexpr VerdictName kVerdicts[] = {{Verdict::kPass, "pass"},
                                     {Verdict::kFail, "fail"},
                                     {Verdict::kInconclusive, "inconclusive"},
                                     {Verdict::kNotApplicable, "not-applicable"},
                                     {Verdict::kError, "error"}};

// Takes GoogleTest's text apart: "Value of: ... / Expected: ... / Actual: ... / our own sentence".
struct Failure {
  std::string expected, observed, sentence;
};

Failure TakeApart(std::string_view text) {
  Failure failure;
  std::string* last = nullptr;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
    if (line.starts_with("Value of: ") || line == "Failed" || line == "Succeeded") {
      last = nullptr;
    } else if (line.starts_with("Expected: ")) {
      failure.expected = line.substr(10);
      last = nullptr;
    } else if (line.starts_with("  Actual: ")) {
      failure.observed = line.substr(10);
      last = nullptr;
    } else if (line.starts_with("Expected equality of these values:")) {
      last = &failure.observed;
    } else if (line.starts_with("  ") && last != nullptr) {
      *last += (last->empty() ? "" : "; ") + std::string(line.substr(line.find_first_not_of(' ')));
    } else if (!line.empty()) {
      failure.sentence += (failure.sentence.empty() ? "" : " ") + std::string(line);
      last = nullptr;
    }
  }
  // EXPECT_TRUE with a sentence: "true" and "false" tell nobody anything.
  const auto is_truth = [](const std::string& word) { return word == "true" || word == "false"; };
  if (!failure.sentence.empty() && is_truth(failure.expected)) failure.expected.clear();
  if (!failure.sentence.empty() && is_truth(failure.observed)) failure.observed.clear();
  for (std::string* part : {&failure.expected, &failure.observed}) {
    const std::size_t type = part->find(" (of type ");
    if (type != std::string::npos) {
      const std::size_t end = part->find(')', type);
      part->erase(type, end == std::string::npos ? end : end - type + 1);
    }
  }
  return failure;
}

// Whether a failure may only be something that had not happened yet: a program that is not traced
// was left alone while it slept, perhaps for a limited time. What was expected of it then may have
// come later; and so may whatever would have changed a snapshot.
bool RestsOnUncertainSleep(const Timeline& timeline, const std::set<int>& examined) {
  bool asleep = false;  // at the last rest before
  for (std::size_t i = 0; i < timeline.size(); ++i) {
    const Event& event = timeline[i];
    if (event.kind == EventKind::kSettled) asleep = false;
    if (event.kind == EventKind::kAsleep) {
      if (event.number != 0) return true;
      asleep = true;
    }
    if (event.kind == EventKind::kSnapshot && asleep && examined.contains(static_cast<int>(i))) {
      return true;
    }
  }
  return false;
}

// Collects the results of one JudgeScenario.
class Collector : public ::testing::EmptyTestEventListener {
 public:
  void Begin(const Subject& subject, const Timeline& timeline, std::vector<CheckResult>* results) {
    results_ = results;
    subject_ = &subject;
    timeline_ = &timeline;
  }

  // Outside JudgeScenario it takes nothing.
  void Finish() { results_ = nullptr; }

  void OnTestStart(const ::testing::TestInfo& test) override {
    if (results_ == nullptr) return;
    context_ = {};
    context_.subject = subject_;
    context_.timeline = timeline_;
    context_.result.requirement = test.name();
    context_.result.file = RepositoryPath(test.file());
    context_.result.line = test.line();
    failures_.clear();
    CurrentJudging() = &context_;
  }

  void OnTestPartResult(const ::testing::TestPartResult& part) override {
    if (results_ != nullptr && part.failed()) failures_.push_back(TakeApart(part.message()));
  }

  void OnTestEnd(const ::testing::TestInfo&) override {
    if (results_ == nullptr) return;
    CurrentJudging() = nullptr;
    CheckResult& result = context_.result;
    if (!failures_.empty()) {
      const Failure& first = failures_.front();
      result.verdict = Verdict::kFail;
      result.expected = first.expected;
      result.observed = first.observed;
      result.reason = !first.sentence.empty()   ? first.sentence
                      : !first.observed.empty() ? first.observed
                                                : "the check failed";
    } else if (!context_.undecided) {
      const bool looked = !context_.examined.empty();
      result.verdict = looked ? Verdict::kPass : Verdict::kError;
      if (!looked) result.reason = "the check looked at no evidence";
    }
    if (result.verdict == Verdict::kFail && RestsOnUncertainSleep(*timeline_, context_.examined)) {
      result.verdict = Verdict::kInconclusive;
      result.reason = fmt::format("{}: {}, but it may have been waiting for a time",
                                  NotObservable(*subject_, "trace"), result.reason);
    }
    const bool decided = result.verdict == Verdict::kPass || result.verdict == Verdict::kFail;
    const std::vector<int> deadlines = timeline_->OfKind(EventKind::kDeadline);
    if (decided && !deadlines.empty() && !context_.knows_deadline) {
      result.verdict = Verdict::kInconclusive;
      result.reason = "the watchdog ended the scenario " +
                      (*timeline_)[static_cast<std::size_t>(deadlines.front())].text;
    }
    result.events.assign(context_.examined.begin(), context_.examined.end());
    results_->push_back(std::move(result));
  }

 private:
  const Subject* subject_ = nullptr;
  const Timeline* timeline_ = nullptr;
  std::vector<CheckResult>* results_ = nullptr;
  JudgingContext context_;
  std::vector<Failure> failures_;
};

Collector* TheCollector() {
  static Collector* collector = nullptr;
  if (collector == nullptr) {
    collector = new Collector;  // owned by GoogleTest from the next line on
    ::testing::UnitTest::GetInstance()->listeners().Append(collector);
  }
  return collector;
}

// GoogleTest's filter takes '-' for "but not"; '?' matches it.
std::string FilterName(std::string_view suite, std::string requirement) {
  std::replace(requirement.begin(), requirement.end(), '-', '?');
  return fmt::format("{}.{}", suite, requirement);
}

std::vector<std::string_view> SuitesOf(std::string_view scenario) {
  std::vector<std::string_view> suites = {scenario};
  const ScenarioInfo* info = FindScenario(scenario);
  if (info != nullptr) {
    suites.push_back(info->role == Role::kServer ? kEveryServerScenario : kEveryClientScenario);
  }
  return suites;
}

// Suite name -> its requirements; made once, since the registry does not change.
const std::map<std::string, std::vector<std::string>, std::less<>>& Registry() {
  static const auto registry = [] {
    std::map<std::string, std::vector<std::string>, std::less<>> map;
    for (const RegisteredCheck& check : AllChecks()) {
      map[std::string(check.scenario)].emplace_back(check.requirement);
    }
    return map;
  }();
  return registry;
}

// Tells GoogleTest of the checks that stand under that name.
void MakeKnown(std::string_view suite) {
  for (RegisteredCheck& check : AllChecks()) {
    if (check.known || check.scenario != suite) continue;
    check.known = true;
    ::testing::RegisterTest(std::string(suite).c_str(), std::string(check.requirement).c_str(),
                            nullptr, nullptr, check.file, check.line, check.make);
  }
}

}  // namespace

std::vector<RegisteredCheck>& AllChecks() {
  static std::vector<RegisteredCheck> checks;  // made by the first static initialiser that asks
  return checks;
}

JudgingContext*& CurrentJudging() {
  static JudgingContext* current = nullptr;
  return current;
}

std::string_view Name(Verdict verdict) { return kVerdicts[static_cast<int>(verdict)].name; }

std::optional<Verdict> ParseVerdict(std::string_view name) {
  for (const VerdictName& known : kVerdicts) {
    if (known.name == name) return known.verdict;
  }
  return std::nullopt;
}

void InitialiseJudging() {
  // The environment of a test runner around us is not meant for our checks.
  for (const char* name : {"GTEST_TOTAL_SHARDS", "GTEST_SHARD_INDEX", "GTEST_SHARD_STATUS_FILE",
                           "TEST_PREMATURE_EXIT_FILE", "XML_OUTPUT_FILE", "TESTBRIDGE_TEST_ONLY"}) {
    unsetenv(name);
  }
  int argc = 1;
  char name[] = "sockspec";
  char* argv[] = {name, nullptr};
  ::testing::InitGoogleTest(&argc, argv);
  GTEST_FLAG_SET(output, "");
  GTEST_FLAG_SET(repeat, 1);
  GTEST_FLAG_SET(shuffle, false);
  GTEST_FLAG_SET(list_tests, false);
  GTEST_FLAG_SET(break_on_failure, false);
  GTEST_FLAG_SET(throw_on_failure, false);
  GTEST_FLAG_SET(catch_exceptions, true);
  GTEST_FLAG_SET(fail_fast, false);
  GTEST_FLAG_SET(also_run_disabled_tests, false);
  auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
}

std::vector<std::string> RequirementsOf(std::string_view scenario) {
  std::vector<std::string> ids;
  for (std::string_view suite : SuitesOf(scenario)) {
    const auto found = Registry().find(suite);
    if (found != Registry().end()) {
      ids.insert(ids.end(), found->second.begin(), found->second.end());
    }
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

bool NeedsNamespaces(const ScenarioInfo& scenario) {
  const ScenarioNeeds& needs = scenario.needs;
  return std::ranges::any_of(scenario.transports, IsRaw) || !needs.extra_addresses.empty() ||
         !needs.names.empty() || !needs.dead_routes.empty() || needs.first_unprivileged_port != 0 ||
         needs.v6_only_default || needs.silent_resolver;
}

std::string WhyNotObservable(std::string_view scenario, const Subject& subject) {
  const ScenarioInfo* info = FindScenario(scenario);
  if (info == nullptr) return "";
  if (NeedsNamespaces(*info) && !subject.isolated) return NotObservable(subject, "namespaces");
  // There the kernel answers echo requests in the harness's place.
  const bool echoes = subject.transport == Transport::kIcmp6 && !subject.Has("network-settings");
  return echoes ? NotObservable(subject, "network-settings") : "";
}

std::vector<CheckResult> JudgeScenario(std::string_view scenario, const Subject& subject,
                                       const Timeline& timeline,
                                       const std::vector<std::string>& requirements) {
  std::vector<CheckResult> results;
  if (requirements.empty()) return results;
  std::vector<std::string> names;
  for (std::string_view suite : SuitesOf(scenario)) {
    MakeKnown(suite);
    for (const std::string& id : requirements) names.push_back(FilterName(suite, id));
  }
  GTEST_FLAG_SET(filter, Join(names, ":"));
  Timeline watched = timeline;
  if (!subject.Has("trace")) watched.Lack(Plane::kTrace);
  if (!subject.Has("kernel")) watched.Lack(Plane::kKernel);
  TheCollector()->Begin(subject, watched, &results);
  // Its exit status says whether a check failed; the results say that and more.
  [[maybe_unused]] const int status = ::testing::UnitTest::GetInstance()->Run();
  TheCollector()->Finish();
  std::sort(results.begin(), results.end(), [](const CheckResult& a, const CheckResult& b) {
    return a.requirement < b.requirement;
  });
  return results;
}

}  // namespace sockspec
