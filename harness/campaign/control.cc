// Judges the reference programs with the machinery that judges everything else.
#include "harness/campaign/control.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "harness/campaign/control_cache.h"
#include "harness/campaign/host.h"
#include "harness/campaign/selection.h"

namespace sockspec {
namespace {

constexpr const char* kServerProgram = "sockspec-reference-server";
constexpr const char* kClientProgram = "sockspec-reference-client";
constexpr const char* kService = "daytime";

Program ReferenceProgram(Role role, const std::string& program, const std::string& inet_command,
                         const Claims& claims) {
  const std::vector<Transport> inet = {Transport::kTcp4, Transport::kTcp6};
  const std::vector<Transport> local = {Transport::kUnixStream};
  const std::string tail = role == Role::kServer ? " --backlog {backlog}" : "";
  Program both =
      ManifestFromCommand(role, program + inet_command + tail, kService, inet, "/").programs[0];
  const Program unix_program =
      ManifestFromCommand(role, program + " --transport {transport} --path {path}" + tail, kService,
                          local, "/")
          .programs[0];
  both.transports.push_back(Transport::kUnixStream);
  both.launch.insert(unix_program.launch.begin(), unix_program.launch.end());
  for (auto& [transport, launch] : both.launch) launch.claims = claims;
  return both;
}

}  // namespace

// Says the same as reference/sockspec.toml; a test compares them.
Manifest ReferenceManifest() {
  Claims server;
  server.dual = server.usage_check = server.iterative = true;
  Claims client;
  client.names = client.usage_check = client.abstract_names = true;
  client.own_timeout = false;
  Manifest manifest;
  manifest.directory = "/";
  manifest.name = "sockspec-reference";
  manifest.programs = {
      ReferenceProgram(Role::kServer, kServerProgram,
                       " --transport {transport} --address {address} --port {port}", server),
      ReferenceProgram(Role::kClient, kClientProgram,
                       " --transport {transport} --host {host} --port {port}", client)};
  return manifest;
}

bool IsReference(const Program& program) {
  return std::all_of(program.launch.begin(), program.launch.end(), [](const auto& entry) {
    const std::string name =
        std::filesystem::path(entry.second.command.front()).filename().string();
    return name == kServerProgram || name == kClientProgram;
  });
}

std::optional<std::vector<HostFault>> JudgeControl(const std::vector<ControlledCase>& cases,
                                                   const CampaignOptions& options) {
  const std::string means =
      fmt::format("{}; {}; {}", PlaneWords(options), SandboxWords(options.abilities),
                  options.abilities.socket_diag);
  const std::string file = ControlCacheFile(options.tool_folder, means);
  std::set<ControlledItem> good = ReadControlCache(file);
  const Manifest manifest = ReferenceManifest();
  std::set<Role> roles;
  std::set<Transport> transports;
  std::set<std::string> requirements;
  for (const ControlledCase& wanted : cases) {
    if (wanted.service != kService) continue;
    for (const Program& program : manifest.programs) {
      if (program.role != wanted.role || !program.launch.contains(wanted.transport)) continue;
      for (const std::string& id : wanted.requirements) {
        if (good.contains({wanted.role, wanted.transport, id})) continue;
        roles.insert(wanted.role);
        transports.insert(wanted.transport);
        requirements.insert(id);
      }
    }
  }
  std::vector<HostFault> faults;
  if (requirements.empty()) return faults;

  std::vector<CampaignProgram> programs;
  for (const Program& program : manifest.programs) {
    if (roles.contains(program.role)) programs.push_back({&manifest, &program, {}});
  }
  CampaignOptions own = options;
  own.control = false;
  own.record_file.clear();
  own.excerpts = Excerpts::kNoPasses;
  own.wrap.clear();
  own.interactive = false;
  own.patterns.assign(requirements.begin(), requirements.end());
  own.transports.assign(transports.begin(), transports.end());
  report::Report report;
  try {
    report = RunCampaign(programs, own);
  } catch (const NothingSelected&) {
    // None of it applies to the reference: that is settled, too.
  }
  if (!report.complete) return std::nullopt;
  for (const report::Row& row : report.rows) {
    if (row.verdict != report::Verdict::kFail) continue;
    faults.push_back({.role = programs[static_cast<std::size_t>(row.program)].program->role,
                      .transport = *ParseTransport(row.transport),
                      .requirement = row.requirement,
                      .reason = row.reason});
  }
  for (Role role : roles) {
    for (Transport transport : transports) {
      for (const std::string& id : requirements) good.emplace(role, transport, id);
    }
  }
  for (const HostFault& fault : faults) {
    good.erase({fault.role, fault.transport, fault.requirement});
  }
  WriteControlCache(file, good);
  return faults;
}

}  // namespace sockspec
