// Checked reading of TOML; the only file of the harness that sees toml++.
#include "harness/manifest/toml_reader.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <sstream>

#include "harness/base/text.h"
#include "harness/manifest/manifest.h"

namespace sockspec {
namespace {

using Kind = TomlValue::Kind;

// A key as it stands in the file; one that is not bare is quoted, so that messages stay one line.
std::string KeyText(std::string_view key) {
  const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  });
  return bare ? std::string(key) : Quote(key);
}

std::string FullKey(const std::string& parent, std::string_view name) {
  return parent.empty() ? KeyText(name) : parent + "." + KeyText(name);
}

TomlValue Convert(const toml::node& node, const std::string& key, int line);

TomlValue ConvertTable(const toml::table& table, const std::string& key, int line) {
  TomlValue value{.kind = Kind::kTable, .line = line, .key = key};
  for (const auto& [name, node] : table) {
    const int at = static_cast<int>(name.source().begin.line);
    value.entries.emplace_back(name.str(), Convert(node, FullKey(key, name.str()), at));
  }
  std::stable_sort(value.entries.begin(), value.entries.end(),
                   [](const auto& a, const auto& b) { return a.second.line < b.second.line; });
  return value;
}

TomlValue Convert(const toml::node& node, const std::string& key, int line) {
  if (const toml::table* table = node.as_table()) return ConvertTable(*table, key, line);
  TomlValue value{.line = line, .key = key};
  if (const toml::array* array = node.as_array()) {
    value.kind = Kind::kArray;
    for (const toml::node& item : *array) {
      value.items.push_back(Convert(item, key, static_cast<int>(item.source().begin.line)));
    }
  } else if (const auto* text = node.as_string()) {
    value.kind = Kind::kString;
    value.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value.kind = Kind::kInteger;
    value.integer = integer->get();
  } else if (const auto* boolean = node.as_boolean()) {
    value.kind = Kind::kBoolean;
    value.boolean = boolean->get();
  } else if (const auto* date = node.as_date()) {
    value.kind = Kind::kDate;
    value.text =
        fmt::format("{:04}-{:02}-{:02}", date->get().year, date->get().month, date->get().day);
  } else {
    value.kind = node.is_floating_point() ? Kind::kFloat : Kind::kTime;
  }
  return value;
}

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kString:
      return "a string";
    case Kind::kInteger:
      return "a whole number";
    case Kind::kFloat:
      return "a number with a fraction";
    case Kind::kBoolean:
      return "a boolean";
    case Kind::kDate:
      return "a date";
    case Kind::kTime:
      return "a time";
    case Kind::kArray:
      return "an array";
    case Kind::kTable:
      return "a table";
  }
  return "";
}

[[noreturn]] void Throw(const std::string& file, int line, std::string_view key,
                        std::string_view problem) {
  throw ManifestError(fmt::format("{}:{}: {}: {}", file, line, key, problem));
}

const TomlValue* FindIn(const TomlValue& table, std::string_view name) {
  for (const auto& [key, value] : table.entries) {
    if (key == name) return &value;
  }
  return nullptr;
}

}  // namespace

std::string Suggest(std::string_view word, const std::vector<std::string>& known) {
  const std::string nearest = Nearest(word, known);
  if (!nearest.empty()) return fmt::format("did you mean \"{}\"?", nearest);
  return "one of " + Join(known, ", ");
}

TomlTable TomlTable::Parse(std::string_view text, const std::string& file) {
  auto document = std::make_shared<Document>();
  document->file = file;
  try {
    document->root = ConvertTable(toml::parse(text), "", 1);
  } catch (const toml::parse_error& error) {
    // The description may quote bytes of the file; it must stay one harmless line.
    std::string quoted = Quote(error.description(), 300);
    quoted = quoted.substr(1, quoted.size() - 2);
    Throw(file, static_cast<int>(error.source().begin.line), "TOML",
          quoted + "; check quotes, brackets and commas");
  }
  const TomlValue* root = &document->root;
  return TomlTable(std::move(document), root);
}

TomlTable TomlTable::Over(const TomlTable& base) const {
  TomlTable over = *this;
  over.base_ = base.table_;
  return over;
}

const TomlValue* TomlTable::Find(std::string_view name) const {
  const TomlValue* found = FindIn(*table_, name);
  return found == nullptr && base_ != nullptr ? FindIn(*base_, name) : found;
}

std::vector<std::string> TomlTable::Keys() const {
  std::vector<std::string> keys;
  for (const auto& entry : table_->entries) keys.push_back(entry.first);
  return keys;
}

void TomlTable::AllowOnly(const std::vector<std::string>& known) const {
  for (const auto& [name, value] : table_->entries) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      Fail(value, "unknown key; " + Suggest(name, known));
    }
  }
}

std::optional<std::string> TomlTable::Text(std::string_view name, std::string_view example) const {
  std::optional<std::string> text = Bytes(name, example);
  if (text && text->find('\0') != std::string::npos) {
    Fail(name, fmt::format("holds a NUL byte; write {} = {}", name, example));
  }
  return text;
}

std::optional<std::string> TomlTable::Bytes(std::string_view name, std::string_view example) const {
  const TomlValue* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->kind != Kind::kString) FailType(*value, "a string", name, example);
  return value->text;
}

std::optional<bool> TomlTable::Flag(std::string_view name) const {
  const TomlValue* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->kind != Kind::kBoolean) FailType(*value, "true or false", name, "true");
  return value->boolean;
}

std::optional<std::int64_t> TomlTable::Whole(std::string_view name, std::int64_t least,
                                             std::int64_t most) const {
  const TomlValue* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->kind != Kind::kInteger) {
    FailType(*value, "a whole number", name, std::to_string(std::max<std::int64_t>(least, 1)));
  }
  if (value->integer < least) {
    Fail(*value, fmt::format("{} is too small; {} is the least", value->integer, least));
  }
  if (value->integer > most) {
    Fail(*value, fmt::format("{} is too large; {} is the most", value->integer, most));
  }
  return value->integer;
}

std::optional<std::string> TomlTable::Date(std::string_view name) const {
  const TomlValue* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->kind != Kind::kDate) {
    FailType(*value, "a date without quotes", name, "2027-01-31");
  }
  return value->text;
}

std::vector<std::string> TomlTable::WordsOf(const TomlValue& list, std::string_view example) const {
  const auto fail = [&](const TomlValue& value, const std::string& problem) {
    Fail(value, fmt::format("{}; write it as an array of words: {}", problem, example));
  };
  if (list.kind != Kind::kArray) fail(list, fmt::format("is {}", KindName(list.kind)));
  std::vector<std::string> words;
  for (const TomlValue& item : list.items) {
    if (item.kind != Kind::kString) fail(item, fmt::format("holds {}", KindName(item.kind)));
    if (item.text.find('\0') != std::string::npos) fail(item, "holds a NUL byte");
    words.push_back(item.text);
  }
  return words;
}

std::optional<std::vector<std::string>> TomlTable::Words(std::string_view name,
                                                         std::string_view example) const {
  const TomlValue* value = Find(name);
  if (value == nullptr) return std::nullopt;
  return WordsOf(*value, example);
}

std::optional<TomlTable> TomlTable::Table(std::string_view name, std::string_view example) const {
  const TomlValue* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->kind != Kind::kTable) FailType(*value, "a table", name, example);
  return TomlTable(document_, value);
}

std::vector<TomlTable> TomlTable::Tables(std::string_view name) const {
  const TomlValue* value = Find(name);
  if (value == nullptr) return {};
  if (value->kind == Kind::kTable) return {TomlTable(document_, value)};
  const std::string mend = fmt::format("write [{0}] once or [[{0}]] for each", name);
  if (value->kind != Kind::kArray) {
    Fail(*value, fmt::format("must be a table, not {}; {}", KindName(value->kind), mend));
  }
  std::vector<TomlTable> tables;
  for (const TomlValue& item : value->items) {
    if (item.kind != Kind::kTable) {
      Fail(item, fmt::format("must be a table, not {}; {}", KindName(item.kind), mend));
    }
    tables.push_back(TomlTable(document_, &item));
  }
  return tables;
}

std::optional<std::size_t> TomlTable::Choice(std::string_view name,
                                             const std::vector<std::string>& known) const {
  const std::optional<std::string> word = Text(name, '"' + known.front() + '"');
  if (!word) return std::nullopt;
  const auto found = std::find(known.begin(), known.end(), *word);
  if (found == known.end()) {
    Fail(name, fmt::format("unknown word {}; {}", Quote(*word), Suggest(*word, known)));
  }
  return static_cast<std::size_t>(found - known.begin());
}

std::vector<std::pair<std::string, std::string>> TomlTable::TextPairs(
    std::string_view name, std::string_view example) const {
  std::vector<std::pair<std::string, std::string>> pairs;
  const std::optional<TomlTable> table = Table(name, example);
  if (!table) return pairs;
  for (const auto& [key, value] : table->table_->entries) {
    if (value.kind != Kind::kString) FailType(value, "a string", name, example);
    pairs.emplace_back(key, value.text);
  }
  return pairs;
}

void TomlTable::Fail(const TomlValue& value, const std::string& problem) const {
  Throw(document_->file, value.line, value.key, problem);
}

void TomlTable::Fail(std::string_view name, const std::string& problem) const {
  if (const TomlValue* value = Find(name)) Fail(*value, problem);
  Throw(document_->file, table_->line, FullKey(table_->key, name), problem);
}

void TomlTable::FailType(const TomlValue& value, std::string_view wanted, std::string_view name,
                         std::string_view example) const {
  Fail(value, fmt::format("must be {}, not {}; write {} = {}", wanted, KindName(value.kind), name,
                          example));
}

}  // namespace sockspec
