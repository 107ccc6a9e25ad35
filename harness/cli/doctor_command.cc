// sockspec doctor: what this host allows, what each missing right costs, and what mends it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "harness/campaign/host.h"
#include "harness/campaign/suite.h"
#include "harness/campaign/verdicts.h"
#include "harness/cli/commands.h"
#include "harness/cli/output.h"
#include "harness/sandbox/sandbox.h"
#include "harness/testbed/catalogue.h"
#include "harness/testbed/packet_capture.h"

namespace sockspec {
namespace {

// What the host allows or not, in words; `means` as in LostWithout().
struct Right {
  bool allowed;
  const char* what;
  const char* means = "";
};

// "costs the verdicts of 52 of 112 requirements".
std::string CostOf(const std::string& means) {
  const Suite suite = EmbeddedSuite();
  const Catalogue& catalogue = Catalogue::Embedded();
  const auto judged = std::ranges::count_if(catalogue.requirements(), [&](const auto& requirement) {
    return std::ranges::any_of(suite.scenarios, [&](const SuiteScenario& scenario) {
      return scenario.Judges(requirement.id);
    });
  });
  return fmt::format("costs the verdicts of {} of {} requirements",
                     LostWithout(means, suite, catalogue).size(), judged);
}

int Examine() {
  const HostAbilities host = ProbeHost();
  const Right rights[] = {
      {host.user_namespaces, "namespaces: each case in a sandbox of its own", "namespaces"},
      {host.fresh_proc, "a /proc of the sandbox's own"},
      {host.overlay, "overlay: the working directory is private without a copy"},
      {host.network_settings, "settings of the sandbox's network"},
      {host.ptrace, "tracing of system calls, and faults", "trace"},
      {host.socket_diag, "socket diagnostics by netlink"},
      {host.ipv6, "IPv6"},
      {PacketCapture::WhyNot(host).empty(), "packet capture (run --capture)"}};
  std::string text = HostName() + "\n";
  for (const Right& right : rights) {
    text += fmt::format("  {:<4}{}{}\n", right.allowed ? "yes" : "NO", right.what,
                        right.allowed || *right.means == 0 ? "" : ": " + CostOf(right.means));
  }
  for (const std::string& missing : host.missing) text += "\n" + missing + "\n";
  if (host.missing.empty()) text += "Everything that sockspec needs is allowed here.\n";
  if (!host.ptrace) {
    text +=
        "\nWithout tracing no run ends with status 0, unless it asks for less: --planes kernel.\n";
  }
  Print(text);
  return host.missing.empty() ? kExitPassed : kExitUndecided;
}

}  // namespace

void AddDoctor(CLI::App& app, Action* action) {
  CLI::App& command =
      *app.add_subcommand("doctor", "Say what this host allows, and what is missing");
  command.footer("\nExit status: 0 nothing is missing; 3 something is.\n");
  command.callback([action] { *action = Examine; });
}

}  // namespace sockspec
