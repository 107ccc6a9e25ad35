// The report behind the golden files.
#include "reports/write/golden_report.h"

namespace sockspec::report {

namespace {

struct RequirementData {
  const char* id;
  const char* step;
  Level level;
  const char* obliged_by;
  const char* statement;
  const char* source;
  const char* hint;
};

constexpr RequirementData kSocketFamily = {"FAM-01",
                                           "socket",
                                           Level::kMust,
                                           "contract",
                                           "The server serves clients over IPv4.",
                                           "RFC 867 TCP paragraph; ip(7)",
                                           "Bind to INADDR_ANY or to the address asked for."};
constexpr RequirementData kReuse = {
    "BIND-05",
    "bind",
    Level::kMust,
    "practice",
    "A restarted server binds its port while old connections linger.",
    "socket(7) SO_REUSEADDR; RFC 9293 s.3.6.1 (TIME-WAIT)",
    "Set SO_REUSEADDR before bind()."};
constexpr RequirementData kBacklog = {"LSN-01",
                                      "listen",
                                      Level::kShould,
                                      "tutorial",
                                      "The backlog on the command line reaches listen().",
                                      "listen(2)",
                                      "Pass it on."};
constexpr RequirementData kAcceptLength = {"ACC-02",
                                           "accept",
                                           Level::kMust,
                                           "spec",
                                           "The address length is set anew before each accept().",
                                           "accept(2) (value-result argument)",
                                           "Set len = sizeof addr inside the loop."};
constexpr RequirementData kAcceptRetry = {
    "ACC-07",
    "accept",
    Level::kMust,
    "practice",
    "The server goes on after accept() fails with ECONNABORTED.",
    "accept(2) ERRORS",
    "Treat it like EAGAIN: try again."};
constexpr RequirementData kWholeReply = {"WR-01",
                                         "write",
                                         Level::kMust,
                                         "spec",
                                         "The whole reply is written after a short write.",
                                         "write(2) RETURN VALUE",
                                         "Loop until all bytes are written."};
constexpr RequirementData kUnreadInput = {
    "CLS-05",
    "close",
    Level::kShould,
    "spec",
    "A connection whose input was not read ends by FIN all the same.",
    "RFC 2525 s.2.17 (failure to RST on close with data pending); RFC 9293 s.3.6.1 SHLD-3",
    "shutdown(SHUT_WR), drain the input briefly, then close."};
constexpr RequirementData kCloses = {
    "CLS-01",
    "close",
    Level::kMust,
    "spec",
    "After sending its message the server closes, without waiting for the client.",
    "RFC 867 TCP paragraph",
    "close(conn) right after the last write."};
constexpr RequirementData kNoLeak = {"CLS-09",
                                     "close",
                                     Level::kMustNot,
                                     "practice",
                                     "Descriptors do not leak from one client to the next.",
                                     "close(2)",
                                     "Close each connection."};
constexpr RequirementData kZombies = {
    "GEN-04",  "process",        Level::kMust, "practice", "Children are reaped.",
    "wait(2)", "Handle SIGCHLD."};
constexpr RequirementData kConnectNext = {"CLI-03",
                                          "connect",
                                          Level::kMust,
                                          "tutorial",
                                          "The client tries the next address after a refused one.",
                                          "getaddrinfo(3) EXAMPLES",
                                          "Loop over the list; close the socket that failed."};
constexpr RequirementData kReadToEnd = {"CLI-06",
                                        "read",
                                        Level::kMust,
                                        "spec",
                                        "The client reads until the end of the stream.",
                                        "RFC 867; read(2)",
                                        "Loop until read() returns 0."};
constexpr RequirementData kClientMay = {
    "CLI-20",      "close", Level::kMay, "practice", "The client may half-close before it reads.",
    "shutdown(2)", ""};

Row MakeRow(const RequirementData& data, int program, const char* transport, Verdict verdict,
            const char* scenario, std::string reason) {
  const std::string id = data.id;
  Row row;
  row.requirement = id;
  row.area = id.substr(0, id.find('-'));
  row.step = data.step;
  row.level = data.level;
  row.obliged_by = data.obliged_by;
  row.statement = data.statement;
  row.source = data.source;
  row.hint = data.hint;
  row.program = program;
  row.transport = transport;
  row.scenario = scenario;
  row.verdict = verdict;
  row.counts = data.level == Level::kMust || data.level == Level::kMustNot;
  row.reason = std::move(reason);
  row.repeat = "sockspec run --select " + id + " --transport " + transport;
  row.file = program == 0 ? "suites/server/ordinary_exchange.cc" : "suites/client/connecting.cc";
  row.line = 41;
  row.milliseconds = 8.25;
  return row;
}

Row Passed(const RequirementData& data, int program, const char* transport) {
  Row row = MakeRow(data, program, transport, Verdict::kPass, "OrdinaryExchange", "");
  row.excerpt = {{0.412, "wire", "harness", "connects", false},
                 {0.918, "wire", "harness", "receives \"Sun Nov 22 20:31:20 2026\\r\\n\"", true}};
  return row;
}

Row UnreadInput(const char* transport) {
  Row row = MakeRow(kUnreadInput, 0, transport, Verdict::kFail, "UnreadInput",
                    "closes with RST because 10 bytes of the client's input were never read");
  row.expected = "FIN after the whole reply";
  row.observed = "RST after 26 bytes";
  row.excerpt = {{0.412, "wire", "harness", "sends 10 bytes \"0123456789\"", false},
                 {0.530, "trace", "server", "accept4(listener) = connection 1", false},
                 {0.702, "trace", "server", "close(connection 1)", true},
                 {0.711, "wire", "harness", "gets RST", true}};
  return row;
}

Row HostileFailure() {
  Row row = MakeRow(kWholeReply, 0, "tcp4", Verdict::kFail, "ShortWrites",
                    "the reply is cut: 12 of 26 bytes arrived before FIN");
  row.expected = "26 bytes, then FIN";
  row.observed = "12 bytes: " + HostileText();
  row.excerpt = {{0.2, "wire", "harness", "connects", false},
                 {1.204, "fault", "server", "write(connection 1, 26 bytes) shortened to 12", true},
                 {1.3, "trace", "server 2", "close(connection 1)", true},
                 {1234.5, "wire", "harness", "receives " + HostileText(), true}};
  row.notes = {"writes once for each byte"};
  row.milliseconds = 1240.0625;
  return row;
}

}  // namespace

std::string HostileText() {
  std::string text =
      "<b>&amp; ]]> </script><script>alert(1)</script> | `code` ``` [[ATTACHMENT|x]] ";
  text += '\0';
  text +=
      "\x1b[31mred\x1b]0;title\x07 \x9b"
      "2J \xc2\x9b"
      "2J \xff\xfe \xc3 \xed\xa0\x80 \xf4\x90\x80\x80";
  text +=
      "\r\n::error file=x::forged\n# @everyone \"quoted' \xe2\x80\xae"
      "reversed \xef\xbf\xbf \x7f";
  return text;
}

Report GoldenReport() {
  Report report;
  report.tool_version = "0.1.0";
  report.run_id = "6f0c";
  report.started = "2026-11-22T20:31:20Z";
  report.seconds = 2.40625;
  report.host = "Linux 6.1.0 x86_64";
  report.sandbox = "none: user namespaces are forbidden here";
  report.planes = "trace, kernel, wire";
  report.profile = "robust";
  report.warnings = {
      "The sandbox is degraded: user namespaces are forbidden here, so ports are leased."};
  report.complete = false;
  report.incomplete = "shard 2 of 2 is missing: run it and merge again";
  report.exit_code = 1;
  report.programs = {
      {"daytimed",
       "1.2",
       "server",
       "daytime",
       {"tcp4", "tcp6", "unix-stream"},
       "./daytimed '{transport}' '{address}' '{port}'"},
      {"day<time> & co", "", "client", "daytime", {"tcp4"}, "./daytime '{host}' '{port}'"}};

  report.rows.push_back(MakeRow(kAcceptLength, 0, "tcp4", Verdict::kInconclusive,
                                "OrdinaryExchange", "not observable here (ptrace denied)"));
  report.rows.push_back(MakeRow(kAcceptRetry, 0, "tcp4", Verdict::kInconclusive, "AcceptFaults",
                                "not observable here (ptrace denied)"));
  Row waived = MakeRow(kReuse, 0, "tcp4", Verdict::kFail, "Restart",
                       "bind() fails with EADDRINUSE after a restart");
  waived.expected = "bind() = 0";
  waived.observed = "bind() = EADDRINUSE";
  waived.waived = true;
  waived.waiver = "the assignment fixes the address";
  report.rows.push_back(waived);
  report.rows.push_back(Passed(kCloses, 0, "tcp4"));
  report.rows.push_back(UnreadInput("tcp4"));
  Row noted = Passed(kNoLeak, 0, "tcp4");
  noted.notes = {"one descriptor is inherited from the shell"};
  report.rows.push_back(noted);
  report.rows.push_back(Passed(kSocketFamily, 0, "tcp4"));
  report.rows.push_back(MakeRow(kZombies, 0, "tcp4", Verdict::kNotApplicable, "OrdinaryExchange",
                                "the program does not fork"));
  Row backlog = MakeRow(kBacklog, 0, "tcp4", Verdict::kNotApplicable, "OrdinaryExchange",
                        "no {backlog} in the command");
  report.rows.push_back(backlog);
  report.rows.push_back(HostileFailure());

  report.rows.push_back(MakeRow(kAcceptLength, 0, "tcp6", Verdict::kInconclusive,
                                "OrdinaryExchange", "not observable here (ptrace denied)"));
  report.rows.push_back(Passed(kCloses, 0, "tcp6"));
  report.rows.push_back(UnreadInput("tcp6"));
  report.rows.push_back(MakeRow(kNoLeak, 0, "unix-stream", Verdict::kError, "ManyClients",
                                "this host: the reference fails here too"));
  report.rows.push_back(MakeRow(kZombies, 0, "unix-stream", Verdict::kNotApplicable,
                                "OrdinaryExchange", "the program does not fork"));

  Row refused = MakeRow(kConnectNext, 1, "tcp4", Verdict::kFail, "FirstAddressRefuses",
                        "gives up after the first address");
  refused.expected = "a connection to 127.0.0.2";
  refused.observed = "exit status 1 after ECONNREFUSED from 127.0.0.1";
  refused.excerpt = {
      {0.3, "trace", "client", "connect(socket 1, 127.0.0.1:1313) = ECONNREFUSED", true},
      {0.9, "process", "client", "exits with status 1", true}};
  report.rows.push_back(refused);
  report.rows.push_back(Passed(kReadToEnd, 1, "tcp4"));
  report.rows.push_back(Passed(kClientMay, 1, "tcp4"));

  std::string long_log;
  while (long_log.size() < 10 * 1024) long_log += "accepted a connection from a client\n";
  report.logs = {{0, "ShortWrites", "tcp4", long_log, HostileText(), true},
                 {1, "FirstAddressRefuses", "tcp4", "", "connect: Connection refused\n", false}};
  return report;
}

}  // namespace sockspec::report
