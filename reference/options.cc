// Arguments by getopt_long. All values are checked as whole texts.
#include "reference/options.h"

#include <getopt.h>

#include <charconv>
#include <cstring>

#include "reference/failure.h"

namespace sockspec::reference {

const char* const kServerUsage =
    "usage: sockspec-reference-server --transport tcp4|tcp6 --address A --port P\n"
    "           [--backlog N] [--service daytime] [--v6only]\n"
    "       sockspec-reference-server --transport unix-stream --path P\n"
    "           [--backlog N] [--service daytime]\n";

const char* const kClientUsage =
    "usage: sockspec-reference-client --transport tcp4|tcp6 --host H --port P\n"
    "       sockspec-reference-client --transport unix-stream --path P\n";

namespace {

int ParseBacklog(const std::string& text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) {
    throw UsageError("backlog '" + text + "' is not a number that fits an int");
  }
  return value;
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
      {"v6only", no_argument, nullptr, '6'},          {},
  };
  ServerOptions options;
  ForEachOption(argc, argv, kTable, [&options](int letter, const std::string& value) {
    if (letter == 't') options.transport = value;
    if (letter == 'a') options.address = value;
    if (letter == 'p') options.port = value;
    if (letter == 'f') options.path = value;
    if (letter == 'b') options.backlog = ParseBacklog(value);
    if (letter == 's') options.service = value;
    if (letter == '6') options.v6only = true;
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
      {},
  };
  ClientOptions options;
  ForEachOption(argc, argv, kTable, [&options](int letter, const std::string& value) {
    if (letter == 't') options.transport = value;
    if (letter == 'h') options.host = value;
    if (letter == 'p') options.port = value;
    if (letter == 'f') options.path = value;
  });
  RequireTransportWord(options.transport);
  return options;
}

}  // namespace sockspec::reference
