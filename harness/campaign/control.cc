// Judges the reference programs with the machinery that judges everything else.
#include "harness/campaign/control.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "harness/campaign/control_cache.h"
#include "harness/campaign/host.h"
#include "harness/campaign/selection.h"
#include "harness/manifest/service.h"

namespace sockspec {
namespace {

constexpr const char* kServerProgram = "sockspec-reference-server";
constexpr const char* kClientProgram = "sockspec-reference-client";
constexpr const char* kOrdinaryService = "daytime";

// How the command goes on for some transports.
struct Tail {
  std::vector<Transport> transports;
  std::string words;
};

std::vector<Tail> TailsOf(Role role) {
  const std::string inet =
      role == Role::kServer ? " --address {address} --port {port}" : " --host {host} --port {port}";
  const std::string local = " --path {path}";
  const std::string queue = role == Role::kServer ? " --backlog {backlog}" : "";
  return {{{Transport::kTcp4, Transport::kTcp6}, inet + queue},
          {{Transport::kUdp4, Transport::kUdp6}, inet},
          {{Transport::kUnixStream, Transport::kUnixSeqpacket}, local + queue},
          {{Transport::kUnixDgram}, local}};
}

// How it goes on where the service is asked over raw sockets.
std::vector<Tail> RawTailsOf(const Service& service) {
  std::vector<Tail> tails;
  for (const Transport transport : {Transport::kIcmp4, Transport::kIcmp6}) {
    if (!WhyNotSpoken(service, Role::kClient, transport).empty()) continue;
    tails.push_back({{transport}, service.name == "igmp" ? "" : " --host {host}"});
  }
  return tails;
}

Program ReferenceProgram(Role role, std::string command, const std::string& service,
                         const Claims& claims) {
  command += " --transport {transport}";
  if (service != kOrdinaryService) command += " --service " + service;
  std::optional<Program> all;
  const std::vector<Tail> raw = RawTailsOf(*FindBuiltInService(service));
  for (const Tail& tail : raw.empty() ? TailsOf(role) : raw) {
    Program some =
        ManifestFromCommand(role, command + tail.words, service, tail.transports, "/").programs[0];
    if (!all) {
      all = std::move(some);
      continue;
    }
    all->transports.insert(all->transports.end(), tail.transports.begin(), tail.transports.end());
    all->launch.insert(some.launch.begin(), some.launch.end());
  }
  for (auto& [transport, launch] : all->launch) launch.claims = claims;
  return *std::move(all);
}

}  // namespace

// It says the same as reference/sockspec.toml and raw_client.toml; a test compares them.
Manifest ReferenceManifest(const std::string& service) {
  Claims server;
  server.dual = server.usage_check = server.iterative = true;
  Claims client;
  client.names = client.usage_check = client.abstract_names = true;
  client.own_timeout = false;
  Manifest manifest;
  manifest.directory = "/";
  manifest.name = "sockspec-reference";
  if (!RawTailsOf(*FindBuiltInService(service)).empty()) {
    manifest.programs = {ReferenceProgram(Role::kClient, kClientProgram, service, {})};
    return manifest;
  }
  manifest.programs = {ReferenceProgram(Role::kServer, kServerProgram, service, server),
                       ReferenceProgram(Role::kClient, kClientProgram, service, client)};
  return manifest;
}

bool IsReference(const Program& program) {
  return std::all_of(program.launch.begin(), program.launch.end(), [](const auto& entry) {
    const std::string name =
        std::filesystem::path(entry.second.command.front()).filename().string();
    return name == kServerProgram || name == kClientProgram;
  });
}

namespace {

// Judges the reference of one service by what the cases ask for and `good` does not hold yet, and
// adds to both; false when interrupted.
bool JudgeService(const std::string& service, const std::vector<ControlledCase>& cases,
                  const CampaignOptions& options, std::set<ControlledItem>* good,
                  std::vector<HostFault>* faults) {
  const Manifest manifest = ReferenceManifest(service);
  std::set<Role> roles;
  std::set<Transport> transports;
  std::set<std::string> requirements;
  for (const ControlledCase& wanted : cases) {
    // A service of a manifest's own has no reference: what is common to all is judged.
    const bool built_in = FindBuiltInService(wanted.service) != nullptr;
    if ((built_in ? wanted.service : kOrdinaryService) != service) continue;
    for (const Program& program : manifest.programs) {
      if (program.role != wanted.role || !program.launch.contains(wanted.transport)) continue;
      for (const std::string& id : wanted.requirements) {
        if (good->contains({wanted.role, service, wanted.transport, id})) continue;
        roles.insert(wanted.role);
        transports.insert(wanted.transport);
        requirements.insert(id);
      }
    }
  }
  if (requirements.empty()) return true;

  std::vector<CampaignProgram> programs;
  for (const Program& program : manifest.programs) {
    if (roles.contains(program.role)) programs.push_back({&manifest, &program, {}});
  }
  CampaignOptions own = options;
  own.control = false;
  own.record_file.clear();
  own.capture_folder.clear();
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
  if (!report.complete) return false;
  for (Role role : roles) {
    for (Transport transport : transports) {
      for (const std::string& id : requirements) good->emplace(role, service, transport, id);
    }
  }
  for (const report::Row& row : report.rows) {
    if (row.verdict != report::Verdict::kFail) continue;
    const HostFault fault{.role = programs[static_cast<std::size_t>(row.program)].program->role,
                          .transport = *ParseTransport(row.transport),
                          .requirement = row.requirement,
                          .reason = row.reason};
    good->erase({fault.role, service, fault.transport, fault.requirement});
    faults->push_back(fault);
  }
  return true;
}

}  // namespace

std::optional<std::vector<HostFault>> JudgeControl(const std::vector<ControlledCase>& cases,
                                                   const CampaignOptions& options) {
  const std::string means =
      fmt::format("{}; {}; {}", PlaneWords(options), SandboxWords(options.abilities),
                  options.abilities.socket_diag);
  const std::string file = ControlCacheFile(options.tool_folder, means);
  const std::set<ControlledItem> known = ReadControlCache(file);
  std::set<ControlledItem> good = known;
  std::vector<HostFault> faults;
  for (const std::vector<std::string>* services : {&BuiltInServiceNames(), &RawServiceNames()}) {
    for (const std::string& service : *services) {
      if (!JudgeService(service, cases, options, &good, &faults)) return std::nullopt;
    }
  }
  if (good != known) WriteControlCache(file, good);
  return faults;
}

}  // namespace sockspec
