// The manifest of `--server 'CMD'` and `--client 'CMD'`.
#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>

#include "harness/base/text.h"
#include "harness/manifest/launch_spec_reader.h"
#include "harness/manifest/program_reader.h"

namespace sockspec {
namespace {

[[noreturn]] void Fail(std::string_view option, std::string_view problem) {
  throw ManifestError(fmt::format("--{}: {}", option, problem));
}

std::vector<Transport> TransportsIn(const LaunchSpec& spec, Role role, const Service& service) {
  std::vector<Transport> transports;
  if (WhyNotSpoken(service, role, Transport::kIcmp4).empty()) return {Transport::kIcmp4};
  try {
    if (spec.Mentions("port")) transports.push_back(Transport::kTcp4);
    if (spec.Mentions("path")) transports.push_back(Transport::kUnixStream);
  } catch (const ManifestError& error) {
    Fail(Name(role), error.what());
  }
  if (transports.empty()) {
    Fail(Name(role), fmt::format("the command has neither {{port}} nor {{path}}; write them where "
                                 "the values belong, as in './{} {{port}}', or give --transport",
                                 Name(role)));
  }
  return transports;
}

}  // namespace

Manifest ManifestFromCommand(Role role, const std::string& command, const std::string& service,
                             const std::vector<Transport>& transports,
                             const std::string& directory) {
  Manifest manifest;
  manifest.directory = AbsolutePath(std::filesystem::absolute(directory).string(), ".");
  const Service* definition = FindBuiltInService(service);
  if (definition == nullptr) {
    Fail(
        "service",
        fmt::format("unknown service {}; one of {}, or one that a manifest defines", Quote(service),
                    Join(BuiltInServiceNames(), ", ") + ", " + Join(RawServiceNames(), ", ")));
  }
  LaunchSpec spec = DefaultLaunchSpec(role, *definition, manifest.directory);
  try {
    spec.command = ShellSplit(command);
  } catch (const std::invalid_argument& error) {
    Fail(Name(role), fmt::format("{}; close it or put \\ before it", error.what()));
  }
  if (command.find('\0') != std::string::npos || spec.command.empty() ||
      spec.command.front().empty()) {
    Fail(Name(role), fmt::format("names no program; write './{} {{port}}'", Name(role)));
  }
  Program program{
      .role = role, .service = service, .definition = *definition, .transports = transports};
  if (transports.empty()) program.transports = TransportsIn(spec, role, *definition);
  for (Transport transport : program.transports) {
    const std::string why = WhyNotSpoken(*definition, role, transport);
    if (!why.empty()) Fail("transport", why);
  }
  CheckLaunchPlaceholders(
      spec, role, [&](std::string_view) { return program.transports; },
      [&](const std::string&, const std::string& problem) { Fail(Name(role), problem); });
  for (Transport transport : program.transports) program.launch.emplace(transport, spec);
  manifest.name = std::filesystem::path(spec.command.front()).filename().string();
  manifest.programs.push_back(std::move(program));
  return manifest;
}

}  // namespace sockspec
