// The lines of a record as JSON and back.
#include <fmt/format.h>

#include <limits>

#include "harness/base/text.h"
#include "harness/campaign/launch_spec_json.h"
#include "harness/campaign/record.h"

namespace sockspec {
namespace {

constexpr const char* kFormat = "sockspec-record";
// Between a scenario's other keys and its events. In a JSON string its quotes would be escaped.
constexpr std::string_view kEvidence = ",\"evidence\":[";
constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();

// Reasons quote what programs print: never trust them to be UTF-8.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json Parse(std::string_view line) {
  try {
    Json json = Json::parse(line);
    if (!json.is_object()) throw std::runtime_error("is no JSON object");
    return json;
  } catch (const Json::parse_error& error) {
    throw std::runtime_error(fmt::format("is no JSON: {}", error.what()));
  }
}

// nlohmann's messages name the key or the type that is wrong; their prefix means nothing to users.
template <typename Read>
auto Explained(Read read) {
  try {
    return read();
  } catch (const Json::exception& error) {
    const std::string text = error.what();
    const std::size_t end = text.find("] ");
    throw std::runtime_error(end == std::string::npos ? text : text.substr(end + 2));
  }
}

Json WaiverToJson(const Waiver& waiver) {
  return {{"requirement", waiver.requirement}, {"reason", waiver.reason}, {"until", waiver.until}};
}

Json PlanToJson(const Plan& plan) {
  Json json = {{"selected", plan.selected},
               {"cases", Json::array()},
               {"not_applicable", Json::array()},
               {"uncovered", Json::array()}};
  for (const PlannedCase& planned : plan.cases) {
    Json entry = {{"program", planned.program},
                  {"transport", Name(planned.transport)},
                  {"scenario", planned.scenario},
                  {"requirements", planned.requirements},
                  {"gate", planned.gate}};
    if (planned.sweep > 0) entry["sweep"] = planned.sweep;
    json["cases"].push_back(std::move(entry));
  }
  for (const ClaimedAway& away : plan.claimed_away) {
    json["not_applicable"].push_back({{"program", away.program},
                                      {"transport", Name(away.transport)},
                                      {"requirement", away.requirement},
                                      {"reason", away.reason}});
  }
  for (const Uncovered& uncovered : plan.uncovered) {
    json["uncovered"].push_back(
        {{"program", uncovered.program}, {"transport", Name(uncovered.transport)}});
  }
  return json;
}

using Missing = std::map<std::string, std::string>;

// The line of a scenario as ScenarioToJson wrote it, with no events.
std::string WithoutEvidence(std::string_view line) {
  const std::size_t at = line.find(kEvidence);
  if (at == std::string_view::npos) throw std::runtime_error("holds no evidence");
  return std::string(line.substr(0, at)) + std::string(kEvidence) + "]}";
}

// The number of a program of the header.
int ProgramNumber(const Json& json, std::size_t programs) {
  const int number = json.get<int>();
  if (number < 0 || static_cast<std::size_t>(number) >= programs) {
    throw std::runtime_error(fmt::format("there is no program {}", number));
  }
  return number;
}

Plan PlanFromJson(const Json& json, std::size_t programs) {
  Plan plan;
  plan.selected = json.at("selected").get<std::vector<std::string>>();
  for (const Json& planned : json.at("cases")) {
    plan.cases.push_back(
        {.program = ProgramNumber(planned.at("program"), programs),
         .transport = TransportFromJson(planned.at("transport")),
         .scenario = planned.at("scenario").get<std::string>(),
         .requirements = planned.at("requirements").get<std::vector<std::string>>(),
         .gate = planned.at("gate").get<bool>(),
         .sweep = planned.value("sweep", 0)});
  }
  for (const Json& away : json.at("not_applicable")) {
    plan.claimed_away.push_back({.program = ProgramNumber(away.at("program"), programs),
                                 .transport = TransportFromJson(away.at("transport")),
                                 .requirement = away.at("requirement").get<std::string>(),
                                 .reason = away.at("reason").get<std::string>()});
  }
  for (const Json& uncovered : json.at("uncovered")) {
    plan.uncovered.push_back({.program = ProgramNumber(uncovered.at("program"), programs),
                              .transport = TransportFromJson(uncovered.at("transport"))});
  }
  return plan;
}

Json ResultToJson(const CheckResult& result) {
  Json json = {{"requirement", result.requirement}, {"verdict", Name(result.verdict)}};
  // Untrusted bytes may be in any of these.
  const auto text = [&](const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
  };
  text("reason", result.reason);
  text("expected", result.expected);
  text("observed", result.observed);
  if (!result.notes.empty()) json["notes"] = result.notes;
  if (result.lowered) json["lowered"] = true;
  json["events"] = result.events;
  json["file"] = result.file;
  json["line"] = result.line;
  return json;
}

CheckResult ResultFromJson(const Json& json, std::size_t events) {
  CheckResult result;
  result.requirement = json.at("requirement").get<std::string>();
  const std::string verdict = json.at("verdict").get<std::string>();
  const std::optional<Verdict> parsed = ParseVerdict(verdict);
  if (!parsed) throw std::runtime_error(fmt::format("unknown verdict {}", Quote(verdict)));
  result.verdict = *parsed;
  result.reason = json.value("reason", "");
  result.expected = json.value("expected", "");
  result.observed = json.value("observed", "");
  result.notes = json.value("notes", std::vector<std::string>{});
  result.lowered = json.value("lowered", false);
  result.events = json.at("events").get<std::vector<int>>();
  for (int event : result.events) {
    if (event < 0 || static_cast<std::size_t>(event) >= events) {
      throw std::runtime_error(fmt::format("{}: there is no event {}", result.requirement, event));
    }
  }
  result.file = json.at("file").get<std::string>();
  result.line = json.at("line").get<int>();
  return result;
}

}  // namespace

std::string HeaderToJson(const RecordHeader& header) {
  Json json = {{"kind", "header"},
               {"format", kFormat},
               {"format_version", kRecordVersion},
               {"tool_version", header.tool_version},
               {"run_id", header.run_id},
               {"started", header.started},
               {"host", header.host},
               {"sandbox", header.sandbox},
               {"planes", header.planes},
               {"planes_asked", header.planes_asked},
               {"profile", header.profile},
               {"select", header.patterns},
               {"warnings", header.warnings},
               {"programs", Json::array()},
               {"plan", PlanToJson(header.plan)},
               {"host_faults", Json::array()}};
  for (const RecordedProgram& program : header.programs) {
    Json entry = ProgramToJson(program.program);
    entry["implementation"] = BytesToUtf8(program.implementation);
    entry["version"] = BytesToUtf8(program.version);
    entry["repeat"] = Json::array();
    for (const std::string& word : program.repeat) entry["repeat"].push_back(BytesToUtf8(word));
    entry["waivers"] = Json::array();
    for (const Waiver& waiver : program.waivers) entry["waivers"].push_back(WaiverToJson(waiver));
    json["programs"].push_back(std::move(entry));
  }
  for (const HostFault& fault : header.host_faults) {
    json["host_faults"].push_back({{"role", Name(fault.role)},
                                   {"transport", Name(fault.transport)},
                                   {"requirement", fault.requirement},
                                   {"reason", fault.reason}});
  }
  return Dump(json);
}

RecordHeader HeaderFromJson(std::string_view line) {
  const Json json = Parse(line);
  return Explained([&] {
    if (json.value("kind", "") != "header" || json.value("format", "") != kFormat) {
      throw std::runtime_error("this is no record of sockspec");
    }
    const int version = json.at("format_version").get<int>();
    if (version > kRecordVersion) {
      throw std::runtime_error(
          fmt::format("this record has format version {}, and this sockspec reads {} at most; use "
                      "the sockspec that wrote it ({}) or a newer one",
                      version, kRecordVersion, json.value("tool_version", "unknown")));
    }
    RecordHeader header;
    header.tool_version = json.at("tool_version").get<std::string>();
    header.run_id = json.at("run_id").get<std::string>();
    header.started = json.at("started").get<std::string>();
    header.host = json.at("host").get<std::string>();
    header.sandbox = json.at("sandbox").get<std::string>();
    header.planes = json.at("planes").get<std::string>();
    header.planes_asked = json.at("planes_asked").get<bool>();
    header.profile = json.at("profile").get<std::string>();
    header.patterns = json.at("select").get<std::vector<std::string>>();
    header.warnings = json.at("warnings").get<std::vector<std::string>>();
    for (const Json& entry : json.at("programs")) {
      RecordedProgram program;
      program.program = ProgramFromJson(entry);
      program.implementation = Utf8ToBytes(entry.at("implementation").get<std::string>());
      program.version = Utf8ToBytes(entry.at("version").get<std::string>());
      for (const Json& word : entry.at("repeat")) {
        program.repeat.push_back(Utf8ToBytes(word.get<std::string>()));
      }
      for (const Json& waiver : entry.at("waivers")) {
        program.waivers.push_back({.requirement = waiver.at("requirement").get<std::string>(),
                                   .reason = waiver.at("reason").get<std::string>(),
                                   .until = waiver.at("until").get<std::string>()});
      }
      header.programs.push_back(std::move(program));
    }
    header.plan = PlanFromJson(json.at("plan"), header.programs.size());
    for (const Json& fault : json.at("host_faults")) {
      header.host_faults.push_back({.role = RoleFromJson(fault.at("role")),
                                    .transport = TransportFromJson(fault.at("transport")),
                                    .requirement = fault.at("requirement").get<std::string>(),
                                    .reason = fault.at("reason").get<std::string>()});
    }
    return header;
  });
}

std::string ScenarioToJson(const RecordedScenario& scenario) {
  const Subject& subject = scenario.subject;
  Json json = {{"kind", "scenario"},
               {"scenario", scenario.scenario},
               {"program", scenario.program},
               {"transport", Name(scenario.transport)},
               {"outcome", scenario.outcome},
               {"reason", scenario.reason},
               {"milliseconds", scenario.milliseconds},
               {"phases", scenario.phases},
               {"subject",
                {{"address", subject.address},
                 {"port", subject.port},
                 {"path", BytesToUtf8(subject.path)},
                 {"backlog", subject.backlog},
                 {"reply", BytesToUtf8(subject.reply)},
                 {"traced", subject.traced},
                 {"isolated", subject.isolated},
                 {"missing", subject.missing}}},
               {"results", Json::array()}};
  if (scenario.step > 0) {
    json["step"] = scenario.step;
    json["goes_on"] = scenario.goes_on;
  }
  if (scenario.uncaptured > 0) json["uncaptured"] = scenario.uncaptured;
  for (const CheckResult& result : scenario.results)
    json["results"].push_back(ResultToJson(result));
  // The evidence is most of the line and is text already: it goes last, as it is.
  std::string line = Dump(json);
  line.pop_back();
  line += kEvidence;
  for (std::size_t i = 0; i < scenario.timeline.size(); ++i) {
    if (i > 0) line += ',';
    line += EventToJson(scenario.timeline[i]);
  }
  line += "]}";
  return line;
}

RecordedScenario ScenarioFromJson(std::string_view line, const RecordHeader& header,
                                  Evidence evidence) {
  const Json json = Parse(evidence == Evidence::kSkip ? WithoutEvidence(line) : std::string(line));
  return Explained([&] {
    if (json.at("kind").get<std::string>() != "scenario") {
      throw std::runtime_error("this is no line of a scenario");
    }
    RecordedScenario scenario;
    scenario.scenario = json.at("scenario").get<std::string>();
    scenario.program = ProgramNumber(json.at("program"), header.programs.size());
    scenario.transport = TransportFromJson(json.at("transport"));
    scenario.step = json.value("step", 0);
    scenario.goes_on = json.value("goes_on", false);
    scenario.outcome = json.at("outcome").get<std::string>();
    scenario.reason = json.at("reason").get<std::string>();
    scenario.milliseconds = json.at("milliseconds").get<double>();
    scenario.phases = json.at("phases").get<std::map<std::string, double>>();
    scenario.uncaptured = json.value("uncaptured", std::int64_t{0});
    const Program& program = header.programs[static_cast<std::size_t>(scenario.program)].program;
    const auto launch = program.launch.find(scenario.transport);
    if (launch == program.launch.end()) {
      throw std::runtime_error(fmt::format("program {} is not declared for {}", scenario.program,
                                           Name(scenario.transport)));
    }
    const Json& subject = json.at("subject");
    scenario.subject = {.role = program.role,
                        .transport = scenario.transport,
                        .service = program.service,
                        .definition = program.definition,
                        .launch = launch->second,
                        .address = subject.at("address").get<std::string>(),
                        .port = subject.at("port").get<int>(),
                        .path = Utf8ToBytes(subject.at("path").get<std::string>()),
                        .backlog = subject.at("backlog").get<int>(),
                        .reply = Utf8ToBytes(subject.at("reply").get<std::string>()),
                        .step = scenario.step,
                        .traced = subject.at("traced").get<bool>(),
                        .isolated = subject.at("isolated").get<bool>(),
                        .missing = subject.value("missing", Missing{})};
    for (const Json& event : json.at("evidence")) {
      scenario.timeline.Append(EventFromJson(event));
    }
    const std::size_t events = evidence == Evidence::kSkip ? kAnyNumber : scenario.timeline.size();
    for (const Json& result : json.at("results")) {
      scenario.results.push_back(ResultFromJson(result, events));
    }
    return scenario;
  });
}

std::string KindOf(std::string_view line) {
  for (const char* kind : {"scenario", "footer", "header"}) {
    if (line.starts_with(fmt::format(R"({{"kind":"{}")", kind))) return kind;
  }
  return Explained([&] { return Parse(line).at("kind").get<std::string>(); });
}

bool IsWholeLine(std::string_view line) { return Json::accept(line); }

std::vector<CheckResult> AsRecorded(const std::vector<CheckResult>& results) {
  std::vector<CheckResult> recorded;
  for (const CheckResult& result : results) {
    const std::size_t events = result.events.empty() ? 0 : result.events.back() + 1;
    recorded.push_back(ResultFromJson(Parse(Dump(ResultToJson(result))), events));
  }
  return recorded;
}

std::string FooterToJson(const RecordFooter& footer) {
  return Dump({{"kind", "footer"},
               {"complete", footer.complete},
               {"incomplete", footer.incomplete},
               {"interrupted", footer.interrupted},
               {"seconds", footer.seconds},
               {"scenarios", footer.scenarios},
               {"counts", footer.counts}});
}

RecordFooter FooterFromJson(std::string_view line) {
  const Json json = Parse(line);
  return Explained([&] {
    if (json.at("kind").get<std::string>() != "footer") {
      throw std::runtime_error("this is no footer");
    }
    return RecordFooter{.complete = json.at("complete").get<bool>(),
                        .incomplete = json.at("incomplete").get<std::string>(),
                        .interrupted = json.at("interrupted").get<bool>(),
                        .seconds = json.at("seconds").get<double>(),
                        .scenarios = json.at("scenarios").get<int>(),
                        .counts = json.at("counts").get<std::map<std::string, int>>()};
  });
}

}  // namespace sockspec
