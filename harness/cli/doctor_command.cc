// sockspec doctor: what this host allows, what each missing right costs, and what mends it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "harness/campaign/host.h"
#include "harness/campaign/verdicts.h"
#include "harness/cli/commands.h"
#include "harness/cli/output.h"
#include "harness/sandbox/sandbox.h"

namespace sockspec {
namespace {

int Examine() {
  const HostAbilities host = ProbeHost();
  std::string text = HostName() + "\n";
  const auto say = [&](bool allowed, std::string_view what) {
    text += fmt::format("  {:<4}{}\n", allowed ? "yes" : "NO", what);
  };
  say(host.user_namespaces, "namespaces: each case in a sandbox of its own");
  say(host.fresh_proc, "a /proc of the sandbox's own");
  say(host.overlay, "overlay: the working directory is private without a copy");
  say(host.network_settings, "settings of the sandbox's network");
  say(host.ptrace, "tracing of system calls, and faults");
  say(host.socket_diag, "socket diagnostics by netlink");
  say(host.ipv6, "IPv6");
  for (const std::string& missing : host.missing) text += "\n" + missing + "\n";
  if (host.missing.empty()) text += "Everything that sockspec needs is allowed here.\n";
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
