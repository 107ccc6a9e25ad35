// The manifest: what the user says of the implementations under test (claims and test parameters).
//
// A Manifest is a plain value. LoadManifest reads sockspec.toml, fills every default and checks
// every key; ManifestFromCommand makes one from `--server CMD` or `--client CMD`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/transport.h"
#include "harness/manifest/service.h"

namespace sockspec {

// Bad input: one line, "FILE:LINE: KEY: what is wrong; the mend". Exit status 2.
class ManifestError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What a program says that it supports. They decide which requirements apply.
struct Claims {
  // servers
  bool peer_log = false;        // prints its peers' addresses
  bool v6_only = false;         // has a mode for IPv6 alone
  bool dual = false;            // serves IPv4 and IPv6 on one port
  bool abstract_names = false;  // key `abstract`: UNIX names without a path
  bool workers = false;         // several processes accept on purpose
  bool usage_check = false;     // refuses wrong arguments with a usage text
  bool iterative = false;       // one client after the other, by design
  bool super_server = false;    // inetd and its kind (F7)
  // both
  bool names = false;  // resolves the names that it is given
  // clients
  bool text_only = false;
  bool one_line = false;
  bool own_timeout = true;

  friend bool operator==(const Claims&, const Claims&) = default;
};

enum class StdinKind { kClosed, kEmpty, kOpen, kText };
enum class StdinWhen { kStart, kSettled };
struct StdinSpec {
  StdinKind kind = StdinKind::kEmpty;  // clients: kOpen
  std::string text;                    // for kText, with placeholders
  StdinWhen when = StdinWhen::kStart;
};

enum class StartKind { kForeground, kDaemon, kInetdNowait, kInetdWait, kSocketActivation };
enum class StopTarget { kLaunched, kListener, kGroup };
enum class OutputKind { kExact, kContains, kDecoded };

// Everything needed to launch a program on one transport, all defaults filled.
struct LaunchSpec {
  std::vector<std::string> command;                // with placeholders, see Placeholders below
  std::string directory;                           // absolute
  std::map<std::string, std::string> environment;  // extra variables, values with placeholders
  std::map<std::string, std::string> files;        // relative path -> content with placeholders
  StdinSpec standard_input;
  std::string address;              // "any", or numeric; built in where no {address}
  std::optional<int> port;          // built into the program
  std::optional<std::string> path;  // built into the program
  std::optional<int> backlog;       // built into the program
  StartKind start = StartKind::kForeground;
  int stop_signal = 15;  // SIGTERM
  StopTarget stop_target = StopTarget::kLaunched;
  bool one_exchange = false;  // lifetime = "one-exchange"
  Claims claims;
  std::optional<int> limit_per_minute;
  std::optional<int> limit_connections;
  OutputKind output = OutputKind::kExact;  // clients

  // Whether the command, a file, a variable or the standard input holds it: Mentions("port").
  bool Mentions(std::string_view placeholder) const;
};

// One [[server]] or [[client]].
struct Program {
  Role role = Role::kServer;
  std::string service = "daytime";         // daytime time echo discard chargen qotd, or an own one
  Service definition;                      // of that service
  std::vector<Transport> transports;       // in the order given
  std::map<Transport, LaunchSpec> launch;  // one entry for each transport
};

struct Limits {  // of the sandbox
  std::optional<std::int64_t> processes;
  std::optional<std::int64_t> memory;  // bytes
  std::optional<std::int64_t> files;   // open descriptors
  std::optional<std::int64_t> output;  // bytes kept of stdout and stderr, each
};

struct Waiver {
  std::string requirement;
  std::string reason;
  std::string until;  // "2027-01-31" or ""
};

struct Manifest {
  std::string file;       // as named by the user; "" for a command line
  std::string directory;  // absolute; the program's working directory base
  std::string name;
  std::string version;
  std::vector<std::vector<std::string>> build;  // commands, run once
  std::string built;  // a copy of `directory` as these have left it; "" where nothing was built
  std::vector<std::string> environment_pass;
  std::map<std::string, std::string> environment_set;
  std::vector<std::string> sandbox_read;  // more of the host, read-only
  Limits limits;
  std::vector<Program> programs;
  std::vector<Waiver> waivers;
};

// What holds for a launch, in the words of manifests and of the catalogue's scopes: the claims that
// are true and those that follow from other keys: "one-exchange", "inherits-listener" (`start`),
// "backlog" ({backlog} or built in) and "any-address" ({address}, or built in as "any").
std::vector<std::string> ClaimWords(Role role, const LaunchSpec& spec);
// Every word that ClaimWords can give.
const std::vector<std::string>& KnownClaimWords();

// Reads and checks a manifest; relative paths are relative to its folder. Throws ManifestError.
Manifest LoadManifest(const std::string& file);

// The manifest of `--server 'CMD'` / `--client 'CMD'`. `command` is split by shell quoting rules.
// Without `transports`: tcp4 where {port} is in the command, unix-stream where {path} is; neither
// is a ManifestError that says what to write. `directory` is where relative paths start.
Manifest ManifestFromCommand(Role role, const std::string& command, const std::string& service,
                             const std::vector<Transport>& transports,
                             const std::string& directory);

// The values for {transport} {family} {address} {host} {port} {path} {backlog} {service} {user}.
using Placeholders = std::map<std::string, std::string>;

// Replaces {name} by its value; {{ and }} are braces. Throws ManifestError for an unknown name.
std::string Expand(const std::string& text, const Placeholders& values);

// A commented manifest to start from, as `sockspec init` writes it. It loads without errors.
std::string ManifestTemplate();

}  // namespace sockspec
