// Rows that say the same thing, so that a reader meets it once.
#include "reports/write/row_groups.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace sockspec::report {

namespace {

// Groups in the order in which their keys first appear.
template <typename Key>
class Grouping {
 public:
  RowGroup& At(const Key& key) {
    const auto [place, is_new] = places_.try_emplace(key, groups_.size());
    if (is_new) groups_.emplace_back();
    return groups_[place->second];
  }
  std::vector<RowGroup> Take() { return std::move(groups_); }

 private:
  std::vector<RowGroup> groups_;
  std::map<Key, std::size_t> places_;
};

bool Belongs(const Row& row, Failures failures) {
  const bool failed = row.verdict == Verdict::kFail;
  switch (failures) {
    case Failures::kCounted:
      return failed && TurnsRed(row);
    case Failures::kUncounted:
      return failed && !row.counts && !row.waived;
    case Failures::kWaived:
      return row.waived && row.verdict != Verdict::kPass && row.verdict != Verdict::kNotApplicable;
  }
  return false;
}

void AppendWord(const std::string& word, const char* separator, std::string* list) {
  if (!list->empty()) *list += separator;
  *list += word;
}

}  // namespace

std::vector<RowGroup> GroupFailures(const Report& report, Failures failures) {
  using Key = std::tuple<int, std::string, Verdict, Level, std::string, std::string, std::string>;
  Grouping<Key> grouping;
  for (const Row& row : report.rows) {
    if (!Belongs(row, failures)) continue;
    grouping
        .At({row.program, row.requirement, row.verdict, row.level, row.reason, row.expected,
             row.observed})
        .push_back(&row);
  }
  return grouping.Take();
}

std::vector<RowGroup> GroupByReason(const Report& report, Verdict verdict) {
  Grouping<std::tuple<int, bool, std::string>> grouping;
  for (const Row& row : report.rows) {
    const bool told_as_waived = Belongs(row, Failures::kWaived);
    if (row.verdict != verdict || told_as_waived) continue;
    grouping.At({row.program, TurnsRed(row), row.reason}).push_back(&row);
  }
  std::vector<RowGroup> groups = grouping.Take();
  std::stable_partition(groups.begin(), groups.end(),
                        [](const RowGroup& group) { return TurnsRed(*group.front()); });
  return groups;
}

std::vector<NoteGroup> GroupNotes(const Report& report) {
  Grouping<std::tuple<int, std::string, std::string>> grouping;
  std::vector<NoteGroup> notes;
  for (const Row& row : report.rows) {
    for (const std::string& note : row.notes) {
      RowGroup& group = grouping.At({row.program, row.requirement, note});
      if (group.empty()) notes.push_back({note, {}});
      group.push_back(&row);
    }
  }
  const std::vector<RowGroup> groups = grouping.Take();
  for (std::size_t i = 0; i < groups.size(); ++i) notes[i].rows = groups[i];
  return notes;
}

std::string Transports(const RowGroup& group) {
  std::string list;
  for (const Row* row : group) AppendWord(row->transport, ", ", &list);
  return list;
}

std::vector<std::pair<std::string, std::string>> IdsByTransport(const RowGroup& group) {
  std::vector<std::pair<std::string, std::string>> by_transport;
  for (const Row* row : group) {
    auto found = std::find_if(by_transport.begin(), by_transport.end(),
                              [row](const auto& entry) { return entry.first == row->transport; });
    if (found == by_transport.end()) {
      found = by_transport.insert(found, {row->transport, ""});
    }
    AppendWord(row->requirement, " ", &found->second);
  }
  // Transports with the same ids share one line.
  std::vector<std::pair<std::string, std::string>> merged;
  for (const auto& [transport, ids] : by_transport) {
    auto found = std::find_if(merged.begin(), merged.end(),
                              [&ids = ids](const auto& entry) { return entry.second == ids; });
    if (found == merged.end()) {
      merged.emplace_back(transport, ids);
    } else {
      AppendWord(transport, ", ", &found->first);
    }
  }
  return merged;
}

std::string ShortSource(const Row& row) {
  // "close(2)" keeps its section: a remark stands behind a space.
  return row.source.substr(0, std::min(row.source.find(';'), row.source.find(" (")));
}

const Log* FindLog(const Report& report, const Row& row) {
  for (const Log& log : report.logs) {
    if (log.program == row.program && log.scenario == row.scenario &&
        log.transport == row.transport) {
      return &log;
    }
  }
  return nullptr;
}

}  // namespace sockspec::report
