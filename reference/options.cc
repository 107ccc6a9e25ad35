// Arguments by getopt_long. All values are checked as whole texts.
#include "reference/options.h"

#include <getopt.h>

#include <charconv>
#include <cstring>

#include "reference/failure.h"

namespace sockspec::reference {

const char* const kServerUsage =
    "usage: sockspec-reference-server --transport tcp4|tcp6|udp4|udp6 --address A --port P "
    "[options]\n"
    "       sockspec-reference-server --transport tcp|udp --port P [options]\n"
    "       sockspec-reference-server --transport unix-stream|unix-seqpacket|unix-dgram\n"
    "           --path P|@NAME [options]\n"
    "options:\n"
    "  --service daytime|time|echo|discard|chargen|qotd   (daytime)\n"
    "  --model iterative|forking|threaded|poll|epoll      (iterative)\n"
    "  --backlog N    --v6only    --log-peers\n"
    "Port 0: the kernel chooses one, which is printed.\n";

const char* const kClientUsage =
    "usage: sockspec-reference-client --transport tcp4|tcp6|tcp|udp4|udp6|udp --host H --port P\n"
    "           [options]\n"
    "       sockspec-reference-client --transport unix-stream|unix-seqpacket|unix-dgram\n"
    "           --path P|@NAME [options]\n"
    "       sockspec-reference-client --transport icmp4|icmp6 --service icmp-echo --host H "
    "[options]\n"
    "       sockspec-reference-client --transport icmp4 --service icmp-timestamp --host H "
    "[options]\n"
    "       sockspec-reference-client --transport icmp4 --service igmp [--count N]\n"
    "options:\n"
    "  --service daytime|time|echo|discard|chargen|qotd   (daytime)\n"
    "  --timeout SECONDS  to wait for a connection, a datagram or a packet (10; 0: no limit)\n"
    "  --count N          ICMP: requests to send (1); IGMP: messages to watch (no end)\n"
    "  --decode           time: print the date in place of the 4 bytes\n";

namespace {

int ParseNumber(const char* what, const std::string& text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) {
    throw UsageError(std::string(what) + " '" + text + "' is not a number that fits an int");
  }
  return value;
}

int ParseRange(const char* what, const std::string& text, int least, int most) {
  const int value = ParseNumber(what, text);
  if (value >= least && value <= most) return value;
  throw UsageError(std::string(what) + " '" + text + "' is not from " + std::to_string(least) +
                   " to " + std::to_string(most));
}

// Calls take(letter, value) for each option of the table.
template <typename Take>
void ForEachOption(int argc, char** argv, const option* table, Take take) {
  opterr = 0;
  optind = 1;
  int letter;
  while ((letter = getopt_long(argc, argv, "", table, nullptr)) != -1) {
    if (letter == '?') throw UsageError(std::string("wrong option ") + argv[optind - 1]);
    take(letter, optarg == nullptr ? "" : optarg);
  }
  if (optind < argc) throw UsageError(std::string("unexpected argument ") + argv[optind]);
}

void RequireTransportWord(const std::string& transport) {
  if (transport.empty()) throw UsageError("--transport is missing");
}

}  // namespace

ServerOptions ParseServerOptions(int argc, char** argv) {
  static const option kTable[] = {
      {"transport", required_argument, nullptr, 't'}, {"address", required_argument, nullptr, 'a'},
      {"port", required_argument, nullptr, 'p'},      {"path", required_argument, nullptr, 'f'},
      {"backlog", required_argument, nullptr, 'b'},   {"service", required_argument, nullptr, 's'},
      {"model", required_argument, nullptr, 'm'},     {"v6only", no_argument, nullptr, '6'},
      {"log-peers", no_argument, nullptr, 'l'},       {},
  };
  ServerOptions options;
  ForEachOption(argc, argv, kTable, [&options](int letter, const std::string& value) {
    if (letter == 't') options.transport = value;
    if (letter == 'a') options.address = value;
    if (letter == 'p') options.port = value;
    if (letter == 'f') options.path = value;
    if (letter == 'b') options.backlog = ParseNumber("backlog", value);
    if (letter == 's') options.service = value;
    if (letter == 'm') options.model = value;
    if (letter == '6') options.v6only = true;
    if (letter == 'l') options.log_peers = true;
  });
  RequireTransportWord(options.transport);
  return options;
}

ClientOptions ParseClientOptions(int argc, char** argv) {
  static const option kTable[] = {
      {"transport", required_argument, nullptr, 't'},
      {"host", required_argument, nullptr, 'h'},
      {"port", required_argument, nullptr, 'p'},
      {"path", required_argument, nullptr, 'f'},
      {"service", required_argument, nullptr, 's'},
      {"timeout", required_argument, nullptr, 'w'},
      {"count", required_argument, nullptr, 'n'},
      {"decode", no_argument, nullptr, 'd'},
      {},
  };
  ClientOptions options;
  ForEachOption(argc, argv, kTable, [&options](int letter, const std::string& value) {
    if (letter == 't') options.transport = value;
    if (letter == 'h') options.host = value;
    if (letter == 'p') options.port = value;
    if (letter == 'f') options.path = value;
    if (letter == 's') options.service = value;
    if (letter == 'w') options.timeout = ParseRange("time-out", value, 0, 24 * 60 * 60);
    if (letter == 'n') options.count = ParseRange("count", value, 1, 65535);
    if (letter == 'd') options.decode = true;
  });
  RequireTransportWord(options.transport);
  if (options.decode && options.service != "time") throw UsageError("--decode is for time alone");
  return options;
}

}  // namespace sockspec::reference
