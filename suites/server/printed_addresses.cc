// What a server prints of addresses: its peers', and the port that the kernel chose.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>
#include <set>

#include "harness/base/text.h"
#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

SCENARIO(PortZero, kServer, kInternet, "launched on port 0, and stopped") {
  Launch({.port = "0"});
  TakeSnapshot("after launch");
  Stop();
}

// An address in one spelling for all: IPv4 alone where it is mapped; empty for what is none.
std::string Canonical(std::string word) {
  word.erase(std::min(word.find('%'), word.size()));
  unsigned char bytes[sizeof(in6_addr)];
  char text[INET6_ADDRSTRLEN];
  if (inet_pton(AF_INET, word.c_str(), bytes) == 1) return word;
  if (inet_pton(AF_INET6, word.c_str(), bytes) != 1) return "";
  constexpr unsigned char kMapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(std::begin(kMapped), std::end(kMapped), bytes)) {
    return inet_ntop(AF_INET, bytes + sizeof kMapped, text, sizeof text);
  }
  return inet_ntop(AF_INET6, bytes, text, sizeof text);
}

// Words of a text between blanks, brackets, quotes and the like; colons and dots stay.
std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char letter : text) {
    const bool inside = std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == ':' ||
                        letter == '.' || letter == '%';
    if (inside) {
      words.back() += letter;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  return words;
}

// The addresses that a text holds, with and without a port behind them.
std::set<std::string> AddressesIn(std::string_view text) {
  std::set<std::string> found;
  for (std::string word : Words(text)) {
    // "::" ends an address, ":" or "." what is said of it.
    const bool whole = !Canonical(word).empty();
    while (!whole && !word.empty() && (word.back() == '.' || word.back() == ':')) word.pop_back();
    const bool v4_with_port =
        std::count(word.begin(), word.end(), ':') == 1 && word.find('.') != std::string::npos;
    if (v4_with_port) word.erase(word.find(':'));
    const std::string address = Canonical(word);
    if (!address.empty()) found.insert(address);
  }
  return found;
}

std::set<int> NumbersIn(std::string_view text) {
  std::set<int> numbers;
  int number = -1;
  for (const char letter : std::string(text) + ' ') {
    if (letter >= '0' && letter <= '9') {
      constexpr int kPorts = 65536;
      number = std::min(std::max(number, 0) * 10 + (letter - '0'), kPorts);
    } else if (number >= 0) {
      numbers.insert(number);
      number = -1;
    }
  }
  return numbers;
}

std::string PeerHost(const Conversation& conversation) {
  std::string host(HostOf(conversation.local_address));
  std::erase_if(host, [](char letter) { return letter == '[' || letter == ']'; });
  return Canonical(host);
}

// ACC-04: a peer address that is printed is the real peer's.
CHECK(Exchanges, "ACC-04") {
  const std::string text = Output() + "\n" + ErrorOutput();
  std::set<std::string> real = {Canonical(subject().address)};
  std::set<std::string> peers;
  std::set<int> ports;
  for (const Conversation& conversation : BeforeStop(timeline(), AllConversations())) {
    if (!conversation.connected) continue;
    peers.insert(PeerHost(conversation));
    ports.insert(PortOf(conversation.local_address));
  }
  if (peers.empty()) Inconclusive("no client was served");
  const std::set<std::string> printed = AddressesIn(text);
  bool any = false;
  for (const std::string& address : printed) {
    const bool unspecified = address == "0.0.0.0" || address == "::";  // its own, on every one
    any = any || peers.contains(address);
    EXPECT_TRUE(peers.contains(address) || real.contains(address) || unspecified) << fmt::format(
        "prints the address {}, where its clients came from {}", address, fmt::join(peers, ", "));
  }
  const bool only_its_own =
      std::all_of(printed.begin(), printed.end(),
                  [&](const std::string& address) { return !peers.contains(address); });
  if (printed.empty() || (only_its_own && !any)) {
    NotApplicable("it prints no client's address, or its output never came");
  }
  const std::set<int> numbers = NumbersIn(text);
  for (const int port : ports) {
    const bool swapped = numbers.contains(SwappedBytes(port)) && !numbers.contains(port);
    EXPECT_FALSE(swapped) << fmt::format(
        "prints a client's port as {}, which is {} with its bytes swapped (no ntohs())",
        SwappedBytes(port), port);
  }
}

// BIND-14: given port 0, it reports the port that the kernel chose.
CHECK(PortZero, "BIND-14") {
  const std::vector<SocketRow> listeners = OwnListeners(SnapshotAt("after launch"));
  if (!Served() || listeners.empty()) NotApplicable("it does not serve on port 0");
  const std::string text = Output() + "\n" + ErrorOutput();
  const std::set<int> numbers = NumbersIn(text);
  for (const SocketRow& row : listeners) {
    if (numbers.contains(PortOf(row.local))) return;
  }
  const bool zero = text.find(":0") != std::string::npos || numbers.contains(0);
  if (!zero) NotApplicable("it prints no port");
  ADD_FAILURE() << fmt::format("prints port 0, where the kernel chose {}: {}",
                               PortOf(listeners.front().local), Quote(text, 120));
}

}  // namespace
}  // namespace sockspec
