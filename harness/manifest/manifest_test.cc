// Tests of reading a manifest, and of making one from a command line.
#include "harness/manifest/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace sockspec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

std::string Write(const std::string& text) {
  const std::string file = ::testing::TempDir() + "manifest_test.toml";
  std::ofstream(file, std::ios::binary) << text;
  return file;
}

Manifest Load(const std::string& text) { return LoadManifest(Write(text)); }

constexpr char kFull[] = R"toml(
[implementation]
name = "both"
version = "2.1"
[build]
commands = [["./configure"], ["make", "-s"]]
[environment]
pass = ["JAVA_HOME"]
set = { LANG = "C.UTF-8" }
[limits]
processes = 64
memory = 1048576
files = 100
output = 5000
[sandbox]
read = ["/opt/jdk", "data"]
[[server]]
service = "echo"
transports = ["tcp6", "tcp4", "unix-stream"]
command = ["./server", "{port}"]
directory = "build/"
environment = { MODE = "test" }
files = { "my.conf" = "port {port}\n" }
stdin = { text = "13\n", when = "settled" }
address = "any"
backlog = 5
stop = { signal = "SIGINT", to = "group" }
lifetime = "one-exchange"
claims = { dual = true, iterative = true }
limits = { per-minute = 255, connections = 50 }
[server.unix-stream]
command = ["./server", "unix", "{path}"]
backlog = 7
claims = { peer-log = true }
[[server]]
service = "time"
transports = ["udp4"]
start = "inetd-wait"
command = ["/usr/sbin/timed"]
port = 3737
[client]
transports = ["tcp4"]
command = ["./client", "{host}", "{port}"]
output = "contains"
claims = { names = true, own-timeout = false }
[waivers]
"BIND-05" = { reason = "fixed", until = 2027-01-31 }
"FAM-02" = { reason = "no IPv6" }
)toml";

TEST(LoadManifest, ReadsEveryKey) {
  const Manifest manifest = Load(kFull);
  EXPECT_EQ(manifest.name, "both");
  EXPECT_EQ(manifest.version, "2.1");
  EXPECT_THAT(manifest.build, ElementsAre(ElementsAre("./configure"), ElementsAre("make", "-s")));
  EXPECT_THAT(manifest.environment_pass, ElementsAre("JAVA_HOME"));
  EXPECT_THAT(manifest.environment_set, ElementsAre(Pair("LANG", "C.UTF-8")));
  EXPECT_EQ(manifest.limits.processes, 64);
  EXPECT_EQ(manifest.limits.memory, 1048576);
  EXPECT_EQ(manifest.limits.files, 100);
  EXPECT_EQ(manifest.limits.output, 5000);
  EXPECT_THAT(manifest.sandbox_read, ElementsAre("/opt/jdk", manifest.directory + "/data"));
  ASSERT_EQ(manifest.programs.size(), 3u);
  ASSERT_EQ(manifest.waivers.size(), 2u);
  EXPECT_EQ(manifest.waivers[0].requirement, "BIND-05");
  EXPECT_EQ(manifest.waivers[0].reason, "fixed");
  EXPECT_EQ(manifest.waivers[0].until, "2027-01-31");
  EXPECT_EQ(manifest.waivers[1].until, "");

  const Program& echo = manifest.programs[0];
  EXPECT_EQ(echo.role, Role::kServer);
  EXPECT_EQ(echo.service, "echo");
  EXPECT_THAT(echo.transports,
              ElementsAre(Transport::kTcp6, Transport::kTcp4, Transport::kUnixStream));
  const LaunchSpec& tcp = echo.launch.at(Transport::kTcp4);
  EXPECT_THAT(tcp.command, ElementsAre("./server", "{port}"));
  EXPECT_EQ(tcp.directory, manifest.directory + "/build");
  EXPECT_THAT(tcp.environment, ElementsAre(Pair("MODE", "test")));
  EXPECT_THAT(tcp.files, ElementsAre(Pair("my.conf", "port {port}\n")));
  EXPECT_EQ(tcp.standard_input.kind, StdinKind::kText);
  EXPECT_EQ(tcp.standard_input.text, "13\n");
  EXPECT_EQ(tcp.standard_input.when, StdinWhen::kSettled);
  EXPECT_EQ(tcp.address, "any");
  EXPECT_EQ(tcp.backlog, 5);
  EXPECT_EQ(tcp.stop_signal, SIGINT);
  EXPECT_EQ(tcp.stop_target, StopTarget::kGroup);
  EXPECT_TRUE(tcp.one_exchange);
  EXPECT_EQ(tcp.claims, (Claims{.dual = true, .iterative = true}));
  EXPECT_EQ(tcp.limit_per_minute, 255);
  EXPECT_EQ(tcp.limit_connections, 50);

  const LaunchSpec& timed = manifest.programs[1].launch.at(Transport::kUdp4);
  EXPECT_EQ(timed.start, StartKind::kInetdWait);
  EXPECT_EQ(timed.port, 3737);

  const Program& client = manifest.programs[2];
  EXPECT_EQ(client.role, Role::kClient);
  EXPECT_EQ(client.launch.at(Transport::kTcp4).output, OutputKind::kContains);
  EXPECT_EQ(client.launch.at(Transport::kTcp4).claims,
            (Claims{.names = true, .own_timeout = false}));
}

TEST(LoadManifest, ATransportsTableOverridesKeyByKey) {
  const LaunchSpec spec = Load(kFull).programs[0].launch.at(Transport::kUnixStream);
  EXPECT_THAT(spec.command, ElementsAre("./server", "unix", "{path}"));
  EXPECT_EQ(spec.backlog, 7);
  EXPECT_EQ(spec.claims, (Claims{.peer_log = true}));
  EXPECT_EQ(spec.stop_signal, SIGINT);
}

TEST(LoadManifest, FillsTheDefaults) {
  const Manifest manifest = Load(
      "[server]\ntransports = [\"tcp4\"]\ncommand = [\"./s\"]\n"
      "[client]\ntransports = [\"tcp4\"]\ncommand = [\"./c\"]\n");
  EXPECT_EQ(manifest.name, std::filesystem::path(manifest.directory).filename().string());
  EXPECT_THAT(manifest.directory, StartsWith("/"));
  const LaunchSpec& server = manifest.programs[0].launch.at(Transport::kTcp4);
  EXPECT_EQ(manifest.programs[0].service, "daytime");
  EXPECT_EQ(server.directory, manifest.directory);
  EXPECT_EQ(server.standard_input.kind, StdinKind::kEmpty);
  EXPECT_EQ(server.address, "any");
  EXPECT_FALSE(server.port || server.path || server.backlog);
  EXPECT_EQ(server.start, StartKind::kForeground);
  EXPECT_EQ(server.stop_signal, SIGTERM);
  EXPECT_EQ(server.stop_target, StopTarget::kLaunched);
  EXPECT_EQ(server.claims, Claims{});
  const LaunchSpec& client = manifest.programs[1].launch.at(Transport::kTcp4);
  EXPECT_EQ(client.standard_input.kind, StdinKind::kOpen);
  EXPECT_EQ(client.address, "");
  EXPECT_EQ(client.output, OutputKind::kExact);
}

TEST(LoadManifest, NoTruncationCrashes) {
  const std::string full = kFull;
  int loaded = 0, refused = 0;
  for (std::size_t length = 0; length < full.size(); ++length) {
    try {
      Load(full.substr(0, length));
      ++loaded;
    } catch (const ManifestError& error) {
      EXPECT_THAT(error.what(), HasSubstr("manifest_test.toml:")) << length;
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << length;
      ++refused;
    }
  }
  EXPECT_GT(loaded, 0);
  EXPECT_GT(refused, 1000);
}

TEST(ClaimWords, HoldsClaimsAndWhatFollowsFromOtherKeys) {
  const Manifest manifest = Load(kFull);
  const Program& echo = manifest.programs[0];
  EXPECT_THAT(ClaimWords(Role::kServer, echo.launch.at(Transport::kTcp4)),
              ElementsAre("dual", "iterative", "one-exchange", "backlog", "any-address"));
  EXPECT_THAT(ClaimWords(Role::kServer, manifest.programs[1].launch.at(Transport::kUdp4)),
              ElementsAre("inherits-listener", "any-address"));
  EXPECT_THAT(ClaimWords(Role::kClient, manifest.programs[2].launch.at(Transport::kTcp4)),
              ElementsAre("names"));
  for (const std::string& word : ClaimWords(Role::kServer, echo.launch.at(Transport::kTcp4))) {
    EXPECT_THAT(KnownClaimWords(), ::testing::Contains(word));
  }
}

TEST(ManifestTemplate, LoadsAsItIsAndWithEveryKeyUncommented) {
  const std::string text = ManifestTemplate();
  EXPECT_EQ(Load(text).programs.size(), 1u);

  std::string all, line;
  std::istringstream lines(text);
  for (bool header = true; std::getline(lines, line);) {
    header = header && line != "[implementation]";
    // The command has a {port}; unix-stream is not in transports.
    const bool skipped = line.find("unix") != std::string::npos || line.rfind("# port", 0) == 0;
    if (!header && line.rfind("# ", 0) == 0 && !skipped) line.erase(0, 2);
    all += line + "\n";
  }
  const Manifest manifest = Load(all);
  ASSERT_EQ(manifest.programs.size(), 2u);
  EXPECT_TRUE(manifest.programs[0].launch.at(Transport::kTcp4).claims.dual);
  EXPECT_EQ(manifest.waivers.size(), 1u);
}

TEST(ManifestFromCommand, GivesAClientWhatItIsToSend) {
  const auto input = [](const char* service) {
    const Manifest manifest = ManifestFromCommand(Role::kClient, "./c {port}", service, {}, "/tmp");
    return manifest.programs[0].launch.at(Transport::kTcp4).standard_input;
  };
  for (const char* service : {"echo", "discard"}) {
    EXPECT_EQ(input(service).kind, StdinKind::kText) << service;
    EXPECT_THAT(input(service).text, ::testing::EndsWith("\n")) << service;
    EXPECT_EQ(input(service).when, StdinWhen::kStart) << service;
  }
  for (const char* service : {"daytime", "time", "chargen", "qotd"}) {
    EXPECT_EQ(input(service).kind, StdinKind::kOpen) << service;
  }
}

TEST(ManifestFromCommand, ChoosesTransportsByPlaceholder) {
  const Manifest tcp =
      ManifestFromCommand(Role::kServer, "./my 'two words' {port}", "time", {}, "/tmp");
  EXPECT_EQ(tcp.name, "my");
  EXPECT_EQ(tcp.file, "");
  EXPECT_EQ(tcp.directory, "/tmp");
  ASSERT_EQ(tcp.programs.size(), 1u);
  EXPECT_EQ(tcp.programs[0].service, "time");
  EXPECT_THAT(tcp.programs[0].transports, ElementsAre(Transport::kTcp4));
  const LaunchSpec& spec = tcp.programs[0].launch.at(Transport::kTcp4);
  EXPECT_THAT(spec.command, ElementsAre("./my", "two words", "{port}"));
  EXPECT_EQ(spec.directory, "/tmp");
  EXPECT_EQ(spec.standard_input.kind, StdinKind::kEmpty);

  const Manifest unix = ManifestFromCommand(Role::kClient, "./c {path}", "echo", {}, "/tmp");
  EXPECT_THAT(unix.programs[0].transports, ElementsAre(Transport::kUnixStream));
  EXPECT_EQ(unix.programs[0].launch.at(Transport::kUnixStream).standard_input.kind,
            StdinKind::kText);

  const Manifest given = ManifestFromCommand(Role::kServer, "./builtin", "daytime",
                                             {Transport::kTcp6, Transport::kUdp4}, "/tmp");
  EXPECT_THAT(given.programs[0].transports, ElementsAre(Transport::kTcp6, Transport::kUdp4));
}

TEST(ManifestFromCommand, RawServicesAreAskedOverIcmp4) {
  const Manifest ping = ManifestFromCommand(Role::kClient, "ping {host}", "icmp-echo", {}, "/tmp");
  EXPECT_EQ(ping.programs[0].service, "icmp-echo");
  EXPECT_THAT(ping.programs[0].transports, ElementsAre(Transport::kIcmp4));
}

std::string CommandError(const std::string& command, const std::string& service = "daytime",
                         const std::vector<Transport>& transports = {}) {
  try {
    ManifestFromCommand(Role::kServer, command, service, transports, "/tmp");
  } catch (const ManifestError& error) {
    return error.what();
  }
  return "";
}

TEST(ManifestFromCommand, SaysWhatToWrite) {
  EXPECT_EQ(CommandError("./s"),
            "--server: the command has neither {port} nor {path}; write them where the values "
            "belong, as in './server {port}', or give --transport");
  EXPECT_EQ(CommandError("  "), "--server: names no program; write './server {port}'");
  EXPECT_EQ(CommandError("'open"),
            "--server: unclosed ' in the command; close it or put \\ before it");
  EXPECT_EQ(CommandError("./s {port} {prot}"),
            "--server: unknown placeholder {prot}; did you mean {port}?");
  EXPECT_EQ(CommandError("./s {port", "daytime"),
            "--server: a single { in \"{port\"; write {{ for a brace");
  EXPECT_EQ(CommandError("./s {port}", "http"),
            "--service: unknown service \"http\"; one of daytime, time, echo, discard, chargen, "
            "qotd, icmp-echo, icmp-timestamp, igmp, or one that a manifest defines");
  EXPECT_EQ(CommandError("./s {path}", "daytime", {Transport::kTcp4}),
            "--server: {path} has no value here; add unix-stream, unix-seqpacket or unix-dgram to "
            "transports");
}

}  // namespace
}  // namespace sockspec
