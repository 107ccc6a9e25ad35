// sockspec.toml -> Manifest.
#include "harness/manifest/manifest.h"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "harness/base/error.h"
#include "harness/base/text.h"
#include "harness/manifest/launch_spec_reader.h"
#include "harness/manifest/program_reader.h"
#include "harness/manifest/service_reader.h"
#include "harness/manifest/toml_reader.h"

namespace sockspec {
namespace {

std::string ReadText(const std::string& file) {
  const auto fail = [&](int error) {
    throw ManifestError(fmt::format("{}: cannot be read ({}); \"sockspec init\" writes one", file,
                                    ErrnoName(error)));
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) fail(EISDIR);
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) fail(errno);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void ReadImplementation(const TomlTable& root, Manifest& manifest) {
  manifest.name = std::filesystem::path(manifest.directory).filename().string();
  const auto table = root.Table("implementation", R"({ name = "my-server" })");
  if (!table) return;
  table->AllowOnly({"name", "version"});
  manifest.name = table->Text("name", "\"my-server\"").value_or(manifest.name);
  manifest.version = table->Text("version", "\"1.0\"").value_or("");
}

void ReadBuild(const TomlTable& root, Manifest& manifest) {
  constexpr std::string_view kExample = R"([["./configure"], ["make", "-s"]])";
  const auto table = root.Table("build", R"({ commands = [["make"]] })");
  if (!table) return;
  table->AllowOnly({"commands"});
  const TomlValue* commands = table->Find("commands");
  if (commands == nullptr) return;
  const std::string mend = fmt::format("write an array of commands: {}", kExample);
  if (commands->kind != TomlValue::Kind::kArray) {
    table->Fail(*commands, "is no array; " + mend);
  }
  for (const TomlValue& command : commands->items) {
    if (command.kind != TomlValue::Kind::kArray) {
      table->Fail(command, "holds a command that is no array of words; " + mend);
    }
    manifest.build.push_back(table->WordsOf(command, R"(["make", "-s"])"));
    if (manifest.build.back().empty() || manifest.build.back().front().empty()) {
      table->Fail(command, "names no program; " + mend);
    }
  }
}

void ReadSurroundings(const TomlTable& root, Manifest& manifest) {
  if (const auto table = root.Table("environment", R"({ pass = ["JAVA_HOME"] })")) {
    table->AllowOnly({"pass", "set"});
    manifest.environment_pass =
        table->Words("pass", R"(["JAVA_HOME"])").value_or(std::vector<std::string>{});
    manifest.environment_set = ReadEnvironment(*table, "set");
  }
  if (const auto table = root.Table("limits", "{ processes = 64 }")) {
    table->AllowOnly({"processes", "memory", "files", "output"});
    manifest.limits.processes = table->Whole("processes", 1);
    manifest.limits.memory = table->Whole("memory", 1);
    manifest.limits.files = table->Whole("files", 1);
    manifest.limits.output = table->Whole("output", 1);
  }
  if (const auto table = root.Table("sandbox", R"({ read = ["/opt/jdk"] })")) {
    table->AllowOnly({"read"});
    for (const std::string& path :
         table->Words("read", R"(["/opt/jdk"])").value_or(std::vector<std::string>{})) {
      if (path.empty()) table->Fail("read", R"(holds an empty path; write read = ["/opt/jdk"])");
      manifest.sandbox_read.push_back(AbsolutePath(manifest.directory, path));
    }
  }
}

// Verdicts are named by role, service and transport: two programs for one name would mix.
void RejectTwin(const TomlTable& table, const Program& program, const Manifest& manifest) {
  for (const Program& other : manifest.programs) {
    if (other.role != program.role || other.service != program.service) continue;
    for (Transport transport : program.transports) {
      if (other.launch.count(transport) == 0) continue;
      table.Fail("transports",
                 fmt::format("another {} has {} on {}; write one manifest for each program",
                             Name(program.role), program.service, Name(transport)));
    }
  }
}

void ReadPrograms(const TomlTable& root, Manifest& manifest) {
  const std::map<std::string, Service> own_services = ReadServices(root);
  for (Role role : {Role::kServer, Role::kClient}) {
    for (const TomlTable& table : root.Tables(Name(role))) {
      Program program = ReadProgram(table, role, manifest.directory, own_services);
      RejectTwin(table, program, manifest);
      manifest.programs.push_back(std::move(program));
    }
  }
  if (manifest.programs.empty()) {
    root.Fail("server", "is missing; write a [server] or a [client] with transports and command");
  }
}

void ReadWaivers(const TomlTable& root, Manifest& manifest) {
  constexpr std::string_view kExample = R"({ reason = "why", until = 2027-01-31 })";
  const auto table = root.Table("waivers", R"({ "BIND-05" = { reason = "why" } })");
  if (!table) return;
  for (const std::string& id : table->Keys()) {
    const TomlTable entry = *table->Table(id, kExample);
    entry.AllowOnly({"reason", "until"});
    Waiver waiver{.requirement = id};
    waiver.reason = entry.Text("reason", "\"why\"").value_or("");
    if (waiver.reason.empty()) {
      entry.Fail("reason", "is missing or empty; write reason = \"why\"");
    }
    waiver.until = entry.Date("until").value_or("");
    manifest.waivers.push_back(std::move(waiver));
  }
}

}  // namespace

Manifest LoadManifest(const std::string& file) {
  Manifest manifest;
  manifest.file = file;
  manifest.directory = AbsolutePath(std::filesystem::absolute(file).parent_path().string(), ".");
  const TomlTable root = TomlTable::Parse(ReadText(file), file);
  root.AllowOnly({"implementation", "build", "environment", "limits", "sandbox", "services",
                  "server", "client", "waivers"});
  ReadImplementation(root, manifest);
  ReadBuild(root, manifest);
  ReadSurroundings(root, manifest);
  ReadPrograms(root, manifest);
  ReadWaivers(root, manifest);
  return manifest;
}

}  // namespace sockspec
