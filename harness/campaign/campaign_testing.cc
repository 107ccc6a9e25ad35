// A small catalogue, and records made by hand.
#include "harness/campaign/campaign_testing.h"

#include <fmt/format.h>

#include "harness/testbed/catalogue_reader.h"

namespace sockspec {
namespace {

std::string Entry(const std::string& id, const std::string& level, const std::string& obliged_by,
                  const std::string& more = "") {
  return fmt::format(R"([[requirement]]
id = "{}"
roles = ["server"]
level = "{}"
obliged-by = "{}"
statement = "It does as {} says."
source = "a source"
planes = ["wire"]
stimulus = "An exchange."
criterion = "A reply."
mutant = "None."
hint = "Do so."
{}
)",
                     id, level, obliged_by, id, more);
}

}  // namespace

Catalogue TestCatalogue() {
  const std::string head = "title = \"An area\"\nstep = \"accept\"\n";
  return ReadCatalogue(
      {{"fam.toml", "area = \"FAM\"\n" + head + Entry("FAM-01", "MUST", "contract") +
                        Entry("FAM-02", "MUST", "contract")},
       {"tst.toml",
        "area = \"TST\"\n" + head + Entry("TST-01", "MUST", "practice") +
            Entry("TST-02", "SHOULD", "spec") + Entry("TST-03", "MAY", "spec") +
            Entry("TST-04", "MUST", "spec", "condition = \"it can\"\notherwise = \"SHOULD\"\n")}});
}

RecordHeader TestHeader() {
  RecordHeader header{.tool_version = "0.1.0",
                      .run_id = "0123456789abcdef",
                      .started = "2026-11-22T20:31:20Z",
                      .host = "Linux 6.1.0 x86_64",
                      .sandbox = "namespaces",
                      .planes = "trace, kernel, wire, process",
                      .profile = "robust"};
  const Manifest manifest =
      ManifestFromCommand(Role::kServer, "./server {port}", "daytime", {Transport::kTcp4}, "/");
  header.programs.push_back({.implementation = "server",
                             .version = "1",
                             .repeat = {"--server", "./server {port}"},
                             .program = manifest.programs[0]});
  header.plan.selected = {"FAM-01", "TST-01", "TST-02", "TST-03", "TST-04"};
  header.plan.cases = {
      {0, Transport::kTcp4, "Gate", {"FAM-01", "TST-01"}, true},
      {0, Transport::kTcp4, "Other", {"TST-01", "TST-02", "TST-03", "TST-04"}, false}};
  return header;
}

CheckResult Found(const std::string& requirement, Verdict verdict, const std::string& reason) {
  return {.requirement = requirement, .verdict = verdict, .reason = reason};
}

RecordedScenario Ran(const std::string& scenario, std::vector<CheckResult> results) {
  RecordedScenario ran{.scenario = scenario, .outcome = "complete", .milliseconds = 12.5};
  const RecordHeader header = TestHeader();
  ran.subject.service = "daytime";
  ran.subject.launch = header.programs[0].program.launch.at(Transport::kTcp4);
  ran.results = std::move(results);
  return ran;
}

}  // namespace sockspec
