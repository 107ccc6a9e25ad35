// Many exchanges one after the other: nothing accumulates.
#include <fmt/format.h>

#include <algorithm>

#include "suites/server/server_evidence.h"

namespace sockspec {
namespace {

constexpr int kWarmUp = 10;
constexpr int kQuarters = 4;
// More than the 128 places of a table that is never emptied. What is lost in smaller steps shows in
// the kernel's tables long before it runs out.
constexpr int kExchanges = 160;
constexpr int kFewClients = 20;    // of them, for ACC-02
constexpr int kMoreClients = 400;  // where memory still grows ...
constexpr int kRounds = 3;         // ... and so often at most

constexpr std::int64_t kSmallGrowth = 200;  // bytes an exchange
// Runtimes that collect garbage grow until they do; none of them waits this long in one thread.
constexpr std::int64_t kMoreThanAnyNursery = 16 << 20;

// Bytes an exchange that a cache which fills and a thread that gets its arena may come to. They
// show in one lot, what every exchange leaves behind in each.
constexpr std::int64_t kGrowthOfCaches = 1000;

bool Grows(const std::vector<std::int64_t>& memory, std::int64_t exchanges) {
  const std::int64_t growth = memory.back() - memory.front();
  if (growth >= kGrowthOfCaches * exchanges) return true;
  std::int64_t least = growth;
  for (std::size_t i = 1; i < memory.size(); ++i) {
    least = std::min(least, memory[i] - memory[i - 1]);
  }
  return least * (kQuarters - 1) >= kSmallGrowth * exchanges;
}

SCENARIO(ManyExchanges, kServer, kAllTransports,
         "160 clients one after the other, with a look at the program after each quarter; 400 "
         "more while its memory still grows, three times at most",
         .long_run = true) {
  Start();
  const int quarter = std::max(1, (Bounded(launch(), kWarmUp + kExchanges) - kWarmUp) / kQuarters);
  const auto exchange = [this](int clients) {
    for (int i = 0; i < clients; ++i) {
      if (!Exchange().Answered()) return false;
    }
    return true;
  };
  bool serves = exchange(kWarmUp);
  Settle();
  TakeSnapshot("quarter 0");
  std::vector<std::int64_t> memory;
  const auto look = [&](std::string_view label, int first, int clients) {
    memory.clear();
    for (int i = 0; i < kQuarters && serves; ++i) {
      serves = exchange(clients);
      Settle();
      memory.push_back(TakeSnapshot(fmt::format("{} {}", label, first + i)).anonymous_memory);
    }
  };
  look("quarter", 1, quarter);
  if (!serves || Bounded(launch(), kRounds * kMoreClients) < kRounds * kMoreClients) return;
  // The caches of a runtime are full some time.
  int clients = quarter * (kQuarters - 1);
  for (int round = 0; round < kRounds && serves && Grows(memory, clients) &&
                      memory.back() - memory.front() < kMoreThanAnyNursery;
       ++round) {
    look("later", 1 + round * kQuarters, kMoreClients / kQuarters);
    clients = kMoreClients / kQuarters * (kQuarters - 1);
  }
}

// ACC-02: after a client it accepts more.
CHECK(ManyExchanges, "ACC-02") {
  std::vector<Conversation> few = AllConversations();
  if (few.empty()) Inconclusive("no client came");
  if (few.size() > kFewClients) few.resize(kFewClients);
  const Conversation* left = FirstWithoutReply(few, FirstReply());
  EXPECT_TRUE(left == nullptr) << fmt::format("stops serving after {} clients: {}",
                                              left == nullptr ? 0 : left - few.data(),
                                              left == nullptr ? "" : InWords(*left));
}

// ACC-16: a forking server leaves no zombies.
CHECK(ManyExchanges, "ACC-16") {
  if (timeline().Has(Plane::kTrace)) {
    const std::vector<int> started = TasksStarted(timeline(), Tasks::kProcesses);
    if (started.empty()) NotApplicable("it never forks");
    Examine(started.front());
  }
  constexpr int kLazy = 5;  // some reap when the next client comes
  const int before = SnapshotAt("quarter 0").zombies, after = SnapshotAt("quarter 1").zombies;
  EXPECT_FALSE(after > kLazy && after > before) << fmt::format(
      "does not reap its children: {} zombies after {} clients, {} after more of them", before,
      kWarmUp, after);
}

// CLS-07: descriptors do not accumulate.
CHECK(ManyExchanges, "CLS-07") {
  const Snapshot before = SnapshotAt("quarter 0"), after = SnapshotAt("quarter 4");
  if (before.descriptors < 0 || after.descriptors < 0) {
    Inconclusive("the kernel does not show its descriptors");
  }
  EXPECT_TRUE(after.descriptors <= before.descriptors + 2)
      << fmt::format("keeps descriptors: {} after {} clients, {} after {}", before.descriptors,
                     kWarmUp, after.descriptors, AllConversations().size());
}

// ROB-02: 160 exchanges succeed and nothing accumulates.
CHECK(ManyExchanges, "ROB-02") {
  const std::vector<Conversation>& all = AllConversations();
  if (all.empty()) Inconclusive("no client came");
  const Conversation* left = FirstWithoutReply(all, OrdinaryReply());
  if (left != nullptr && LooksRateLimited(*left, static_cast<std::size_t>(left - all.data()))) {
    Inconclusive("rate limit? (rule F8)");
  }
  EXPECT_TRUE(left == nullptr) << fmt::format("stops serving after {} clients: {}",
                                              left == nullptr ? 0 : left - all.data(),
                                              left == nullptr ? "" : InWords(*left));
  if (left != nullptr) return;
  const Snapshot before = SnapshotAt("quarter 0"), after = SnapshotAt("quarter 4");
  // Runtimes start a few threads more as they go.
  constexpr int kMoreThreads = 10;
  EXPECT_TRUE(after.processes <= before.processes + 2)
      << fmt::format("keeps processes: {} after {} clients, {} after {}", before.processes, kWarmUp,
                     after.processes, all.size());
  EXPECT_TRUE(after.threads - after.processes <= before.threads - before.processes + kMoreThreads)
      << fmt::format("keeps threads: {} after {} clients, {} after {}", before.threads, kWarmUp,
                     after.threads, all.size());
  EXPECT_TRUE(after.descriptors <= before.descriptors + 2)
      << fmt::format("keeps descriptors: {} after {} clients, {} after {}", before.descriptors,
                     kWarmUp, after.descriptors, all.size());
  const std::vector<SocketRow> connections = OwnConnections(after);
  EXPECT_TRUE(connections.size() <= 2)
      << "keeps connections that its clients have left: " << Listing(connections);
}

// ROB-08: memory does not grow with exchanges.
CHECK(ManyExchanges, "ROB-08") {
  const std::size_t exchanges = AllConversations().size();
  if (exchanges < kExchanges / 2) Inconclusive("too few exchanges to tell");
  // The last round that was whole.
  const auto rounds = (static_cast<int>(exchanges) - kWarmUp - kExchanges) / kMoreClients;
  const bool longer = rounds > 0;
  std::vector<std::int64_t> memory;
  for (int i = 1; i <= kQuarters; ++i) {
    const std::string label = longer ? fmt::format("later {}", (rounds - 1) * kQuarters + i)
                                     : fmt::format("quarter {}", i);
    memory.push_back(SnapshotAt(label).anonymous_memory);
  }
  if (*std::min_element(memory.begin(), memory.end()) < 0) {
    Inconclusive("the kernel does not show its memory");
  }
  const std::int64_t measured =
      (longer ? kMoreClients : static_cast<std::int64_t>(exchanges)) * (kQuarters - 1) / kQuarters;
  if (!Grows(memory, measured)) return;
  const std::int64_t growth = memory.back() - memory.front();
  const std::string words =
      fmt::format("grows by {} bytes an exchange over {} exchanges", growth / measured, measured);
  const bool steady = std::is_sorted(memory.begin(), memory.end(), std::less_equal<>());
  const bool single = SnapshotAt("quarter 0").threads == SnapshotAt("quarter 0").processes;
  if (!steady || !single || growth < kMoreThanAnyNursery) {
    Inconclusive(words + ", as a runtime that collects its garbage may");
  }
  ADD_FAILURE() << words;
}

}  // namespace
}  // namespace sockspec
