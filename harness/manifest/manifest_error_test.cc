// Tests of the errors of a manifest: each names the line, the key, what is wrong and the mend.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/manifest/manifest.h"

namespace sockspec {
namespace {

struct ErrorCase {
  std::string name;
  std::string text;
  std::string error;  // after the file's name
};

void PrintTo(const ErrorCase& c, std::ostream* out) { *out << c.name; }

class ManifestErrorText : public ::testing::TestWithParam<ErrorCase> {};

TEST_P(ManifestErrorText, IsExact) {
  const std::string file = ::testing::TempDir() + "manifest_error_" + GetParam().name + ".toml";
  std::ofstream(file, std::ios::binary) << GetParam().text;
  try {
    LoadManifest(file);
    FAIL() << "loaded";
  } catch (const ManifestError& error) {
    EXPECT_EQ(std::string(error.what()), file + ":" + GetParam().error);
  }
}

// A server with one more line, which is line 4.
std::string Server(const std::string& line) {
  return "[server]\ntransports = [\"tcp4\"]\ncommand = [\"./s\", \"{port}\"]\n" + line + "\n";
}
std::string Client(const std::string& line) {
  return "[client]\ntransports = [\"tcp4\"]\ncommand = [\"./c\", \"{port}\"]\n" + line + "\n";
}
// A server whose transports and command are these.
std::string Launch(const std::string& transports, const std::string& command) {
  return "[server]\ntransports = " + transports + "\ncommand = " + command + "\n";
}
// A good server and then these lines, from line 4 on.
std::string After(const std::string& lines) { return Server(lines); }

INSTANTIATE_TEST_SUITE_P(
    Toml, ManifestErrorText,
    ::testing::Values(
        ErrorCase{"syntax", "[server]\nport = = 3\n",
                  "2: TOML: Error while parsing value: could not determine value type; check "
                  "quotes, brackets and commas"},
        ErrorCase{"empty", "",
                  "1: server: is missing; write a [server] or a [client] with transports and "
                  "command"},
        ErrorCase{"top_level_key", "[servr]\n", "1: servr: unknown key; did you mean \"server\"?"},
        ErrorCase{"server_is_no_table", "server = 3\n",
                  "1: server: must be a table, not a whole number; write [server] once or "
                  "[[server]] for each"},
        ErrorCase{"control_bytes_in_a_key", "\"a\\u001Bb\" = 1\n",
                  "1: \"a\\x1bb\": unknown key; one of implementation, build, environment, limits, "
                  "sandbox, services, server, client, waivers"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Program, ManifestErrorText,
    ::testing::Values(
        ErrorCase{"misspelt_key", "[server]\ncomand = []\n",
                  "2: server.comand: unknown key; did you mean \"command\"?"},
        ErrorCase{"key_of_the_other_role", Client("backlog = 5"),
                  "4: client.backlog: is a key of a server; leave it out of [client]"},
        ErrorCase{"no_transports", "[server]\ncommand = [\"./s\"]\n",
                  "1: server.transports: is missing; write transports = [\"tcp4\", \"tcp6\"]"},
        ErrorCase{"empty_transports", Launch("[]", "[\"./s\"]"),
                  "2: server.transports: is empty; write transports = [\"tcp4\", \"tcp6\"]"},
        ErrorCase{"transports_is_a_string", Launch("\"tcp4\"", "[\"./s\"]"),
                  "2: server.transports: is a string; write it as an array of words: [\"tcp4\", "
                  "\"tcp6\"]"},
        ErrorCase{"unknown_transport", "[server]\ntransports = [\"tcp4\",\n  \"tpc6\"]\n",
                  "3: server.transports: unknown transport \"tpc6\"; did you mean \"tcp6\"?"},
        ErrorCase{"transport_twice", Launch("[\"tcp4\", \"tcp4\"]", "[\"./s\"]"),
                  "2: server.transports: \"tcp4\" is listed twice; drop one"},
        ErrorCase{
            "unknown_service", Server("service = \"http\""),
            "4: server.service: unknown service \"http\"; one of daytime, time, echo, "
            "discard, chargen, qotd, icmp-echo, icmp-timestamp, igmp, or define [services.NAME]"},
        ErrorCase{"table_of_an_unlisted_transport", Server("[server.unix-stream]\nport = 1"),
                  "4: server.unix-stream: is not in transports; add \"unix-stream\" there or drop "
                  "this table"},
        ErrorCase{"unknown_key_of_a_transport", Server("[server.tcp4]\nservice = \"echo\""),
                  "5: server.tcp4.service: unknown key; one of command, directory, environment, "
                  "files, stdin, address, port, path, claims, backlog, start, stop, lifetime, "
                  "limits"},
        ErrorCase{"same_program_twice",
                  "[[server]]\ntransports = [\"tcp4\"]\ncommand = [\"./s\"]\n"
                  "[[server]]\ntransports = [\"tcp4\"]\ncommand = [\"./t\"]\n",
                  "5: server.transports: another server has daytime on tcp4; write one manifest "
                  "for each program"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Command, ManifestErrorText,
    ::testing::Values(
        ErrorCase{"no_command", "[server]\ntransports = [\"tcp4\"]\n",
                  "1: server.command: is missing; write command = [\"./server\", \"{port}\"]"},
        ErrorCase{"command_is_a_string", Launch("[\"tcp4\"]", "\"./s {port}\""),
                  "3: server.command: is a string; write it as an array of words: [\"./server\", "
                  "\"{port}\"]"},
        ErrorCase{"command_holds_a_number", Launch("[\"tcp4\"]", "[\"./s\", 13]"),
                  "3: server.command: holds a whole number; write it as an array of words: "
                  "[\"./server\", \"{port}\"]"},
        ErrorCase{"command_holds_nul", Launch("[\"tcp4\"]", "[\"./s\", \"a\\u0000b\"]"),
                  "3: server.command: holds a NUL byte; write it as an array of words: "
                  "[\"./server\", \"{port}\"]"},
        ErrorCase{"empty_command", Launch("[\"tcp4\"]", "[]"),
                  "3: server.command: names no program; write command = [\"./server\", "
                  "\"{port}\"]"},
        ErrorCase{"unknown_placeholder", Launch("[\"tcp4\"]", "[\"./s\", \"{prot}\"]"),
                  "3: server.command: unknown placeholder {prot}; did you mean {port}?"},
        ErrorCase{"single_brace", Launch("[\"tcp4\"]", "[\"./s\", \"{\"]"),
                  "3: server.command: a single { in \"{\"; write {{ for a brace"},
        ErrorCase{"path_on_tcp", Launch("[\"tcp4\"]", "[\"./s\", \"{path}\"]"),
                  "3: server.command: {path} has no value here; add unix-stream, unix-seqpacket "
                  "or unix-dgram to transports"},
        ErrorCase{"port_on_unix", Launch("[\"unix-stream\"]", "[\"./s\", \"{port}\"]"),
                  "3: server.command: {port} has no value here; add tcp4, tcp6, udp4 or udp6 to "
                  "transports"},
        ErrorCase{"address_on_unix", Launch("[\"unix-stream\"]", "[\"./s\", \"{address}\"]"),
                  "3: server.command: {address} has no value here; UNIX transports have a {path}"},
        ErrorCase{"no_path_on_unix", Launch("[\"tcp4\", \"unix-stream\"]", "[\"./s\", \"{port}\"]"),
                  "3: server.command: has no {path} for unix-stream; write it, or give "
                  "[server.unix-stream] a command or a path of its own"},
        ErrorCase{"host_in_a_server", Launch("[\"tcp4\"]", "[\"./s\", \"{host}\"]"),
                  "3: server.command: {host} is for clients; write {address}"},
        ErrorCase{"daytime_over_raw_sockets", Launch("[\"tcp4\", \"icmp4\"]", "[\"./s\"]"),
                  "2: server.transports: daytime is not spoken over icmp4; its services are "
                  "icmp-echo, icmp-timestamp, igmp"},
        ErrorCase{"backlog_in_a_client",
                  "[client]\ntransports = [\"tcp4\"]\ncommand = [\"./c\", \"{backlog}\"]\n",
                  "3: client.command: {backlog} is for servers; leave it out"},
        ErrorCase{"placeholder_in_a_file", Server("files = { \"a.conf\" = \"{prt}\" }"),
                  "4: server.files: unknown placeholder {prt}; did you mean {port}?"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Values, ManifestErrorText,
    ::testing::Values(
        ErrorCase{"port_type", Server("port = \"13\""),
                  "4: server.port: must be a whole number, not a string; write port = 1"},
        ErrorCase{"port_too_large", Server("port = 70000"),
                  "4: server.port: 70000 is too large; 65535 is the most"},
        ErrorCase{"port_too_small", Server("port = 0"),
                  "4: server.port: 0 is too small; 1 is the least"},
        ErrorCase{"port_twice", Server("port = 13"),
                  "4: server.port: is built in and passed as {port}; drop port or {port}"},
        ErrorCase{"directory_type", Server("directory = 3"),
                  "4: server.directory: must be a string, not a whole number; write directory = "
                  "\"build\""},
        ErrorCase{"environment_type", Server("environment = { A = 1 }"),
                  "4: server.environment.A: must be a string, not a whole number; write "
                  "environment = { LANG = \"C.UTF-8\" }"},
        ErrorCase{"environment_name", Server("environment = { \"A=B\" = \"1\" }"),
                  "4: server.environment: \"A=B\" cannot be a variable; write a name without = and "
                  "a value without NUL bytes"},
        ErrorCase{"file_outside", Server("files = { \"../a\" = \"\" }"),
                  "4: server.files: \"../a\" is not a file inside the working directory; write a "
                  "relative path without .."},
        ErrorCase{"stdin_word", Server("stdin = \"opn\""),
                  "4: server.stdin: unknown word \"opn\"; did you mean \"open\"?"},
        ErrorCase{"stdin_placeholder", Server("stdin = { text = \"{prt}\" }"),
                  "4: server.stdin: unknown placeholder {prt}; did you mean {port}?"},
        ErrorCase{"environment_placeholder", Server("environment = { PORT = \"{prt}\" }"),
                  "4: server.environment: unknown placeholder {prt}; did you mean {port}?"},
        ErrorCase{"stdin_type", Server("stdin = 1"),
                  "4: server.stdin: must be a word or a table; write stdin = \"open\" or { text = "
                  "\"13\\n\" }"},
        ErrorCase{"stdin_without_text", Server("stdin = { when = \"start\" }"),
                  "4: server.stdin.text: is missing; write text = \"13\\n\""},
        ErrorCase{"address_name", Server("address = \"localhost\""),
                  "4: server.address: \"localhost\" is no numeric address; write \"any\", "
                  "\"127.0.0.1\" or \"::1\""},
        ErrorCase{"address_family", Server("address = \"::1\""),
                  "4: server.address: \"::1\" does not suit tcp4; write one for each transport, as "
                  "in [server.tcp4]"},
        ErrorCase{"empty_path", Server("path = \"\""),
                  "4: server.path: is empty; write path = \"/tmp/my.sock\" or leave it out"},
        ErrorCase{"path_with_nul", Server("path = \"a\\u0000\""),
                  "4: server.path: holds a NUL byte; write path = \"/tmp/my.sock\""},
        ErrorCase{"start_word", Server("start = \"foregroud\""),
                  "4: server.start: unknown word \"foregroud\"; did you mean \"foreground\"?"},
        ErrorCase{"signal_short", Server("stop = { signal = \"TERM\" }"),
                  "4: server.stop.signal: unknown signal \"TERM\"; did you mean \"SIGTERM\"?"},
        ErrorCase{"signal_unknown", Server("stop = { signal = \"whatever it is\" }"),
                  "4: server.stop.signal: unknown signal \"whatever it is\"; a name as \"SIGTERM\" "
                  "or \"SIGINT\""},
        ErrorCase{"stop_target", Server("stop = { to = \"all of them\" }"),
                  "4: server.stop.to: unknown word \"all of them\"; one of launched, listener, "
                  "group"},
        ErrorCase{"lifetime_word", Server("lifetime = \"one-exchang\""),
                  "4: server.lifetime: unknown word \"one-exchang\"; did you mean "
                  "\"one-exchange\"?"},
        ErrorCase{"unknown_claim", Server("claims = { peerlog = true }"),
                  "4: server.claims.peerlog: unknown key; did you mean \"peer-log\"?"},
        ErrorCase{"claim_type", Server("claims = { dual = 1 }"),
                  "4: server.claims.dual: must be true or false, not a whole number; write dual = "
                  "true"},
        ErrorCase{"limit_unknown", Server("limits = { perminute = 1 }"),
                  "4: server.limits.perminute: unknown key; did you mean \"per-minute\"?"},
        ErrorCase{"output_word", Client("output = \"exactly\""),
                  "4: client.output: unknown word \"exactly\"; did you mean \"exact\"?"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Surroundings, ManifestErrorText,
    ::testing::Values(
        ErrorCase{"name_type", After("[implementation]\nname = 1"),
                  "5: implementation.name: must be a string, not a whole number; write name = "
                  "\"my-server\""},
        ErrorCase{"build_is_a_string", After("[build]\ncommands = \"make\""),
                  "5: build.commands: is no array; write an array of commands: [[\"./configure\"], "
                  "[\"make\", \"-s\"]]"},
        ErrorCase{"build_is_flat", After("[build]\ncommands = [\"make\", \"-s\"]"),
                  "5: build.commands: holds a command that is no array of words; write an array of "
                  "commands: [[\"./configure\"], [\"make\", \"-s\"]]"},
        ErrorCase{"limits_key", After("[limits]\nmemry = 1"),
                  "5: limits.memry: unknown key; did you mean \"memory\"?"},
        ErrorCase{"limits_zero", After("[limits]\nfiles = 0"),
                  "5: limits.files: 0 is too small; 1 is the least"},
        ErrorCase{"sandbox_empty_path", After("[sandbox]\nread = [\"\"]"),
                  "5: sandbox.read: holds an empty path; write read = [\"/opt/jdk\"]"},
        ErrorCase{"waiver_type", After("[waivers]\nBIND-05 = \"why\""),
                  "5: waivers.BIND-05: must be a table, not a string; write BIND-05 = { reason = "
                  "\"why\", until = 2027-01-31 }"},
        ErrorCase{"waiver_without_reason", After("[waivers]\nBIND-05 = { }"),
                  "5: waivers.BIND-05.reason: is missing or empty; write reason = \"why\""},
        ErrorCase{"waiver_date_in_quotes",
                  After("[waivers]\nBIND-05 = { reason = \"x\", until = \"2027-01-31\" }"),
                  "5: waivers.BIND-05.until: must be a date without quotes, not a string; write "
                  "until = 2027-01-31"}),
    [](const auto& info) { return info.param.name; });

TEST(LoadManifest, SaysThatAFileCannotBeRead) {
  try {
    LoadManifest("/nonexistent/sockspec.toml");
    FAIL() << "loaded";
  } catch (const ManifestError& error) {
    EXPECT_STREQ(error.what(),
                 "/nonexistent/sockspec.toml: cannot be read (ENOENT); \"sockspec init\" writes "
                 "one");
  }
  EXPECT_THROW(LoadManifest("/"), ManifestError);  // a folder
}

}  // namespace
}  // namespace sockspec
