// TOML as plain values that know their line and their full key, and checked reading of tables.
//
// Every error is a ManifestError of one line: "FILE:LINE: KEY: what is wrong; the mend".
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sockspec {

struct TomlValue {
  enum class Kind { kString, kInteger, kFloat, kBoolean, kDate, kTime, kArray, kTable };
  Kind kind = Kind::kTable;
  int line = 1;
  std::string key;   // full: "server.stop.signal"; items of a list have the list's
  std::string text;  // kString, kDate ("2027-01-31")
  std::int64_t integer = 0;
  bool boolean = false;
  std::vector<TomlValue> items;                            // kArray
  std::vector<std::pair<std::string, TomlValue>> entries;  // kTable, in the order of the file
};

// "did you mean "x"?" where a known word is near, else "one of a, b, c".
std::string Suggest(std::string_view word, const std::vector<std::string>& known);

// A table of one document; cheap to copy, keeps the document alive.
class TomlTable {
 public:
  // The whole document. `file` is the name for error messages.
  static TomlTable Parse(std::string_view text, const std::string& file);

  // This table laid over `base`: a key missing here is looked up there.
  TomlTable Over(const TomlTable& base) const;

  const TomlValue* Find(std::string_view name) const;
  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  // The table's own keys, without those of a base.
  std::vector<std::string> Keys() const;
  int line() const { return table_->line; }
  // Fails for a key of its own that is not in `known`.
  void AllowOnly(const std::vector<std::string>& known) const;

  // Each returns nothing where the key is missing, and fails where its value has another type.
  // `example` is a right value, for the mend.
  // Text holds no NUL byte, Bytes may.
  std::optional<std::string> Text(std::string_view name, std::string_view example) const;
  std::optional<std::string> Bytes(std::string_view name, std::string_view example) const;
  std::optional<bool> Flag(std::string_view name) const;
  std::optional<std::int64_t> Whole(
      std::string_view name, std::int64_t least,
      std::int64_t most = std::numeric_limits<std::int64_t>::max()) const;
  std::optional<std::string> Date(std::string_view name) const;
  std::optional<std::vector<std::string>> Words(std::string_view name,
                                                std::string_view example) const;
  std::optional<TomlTable> Table(std::string_view name, std::string_view example) const;
  // [name] alone or a list of [[name]]; empty where there is none.
  std::vector<TomlTable> Tables(std::string_view name) const;
  // One of `known`: its index.
  std::optional<std::size_t> Choice(std::string_view name,
                                    const std::vector<std::string>& known) const;
  // The strings of a table of strings, as environment = { LANG = "C" }.
  std::vector<std::pair<std::string, std::string>> TextPairs(std::string_view name,
                                                             std::string_view example) const;

  // The words of `list`, an array. `example` is the right form of the whole array.
  std::vector<std::string> WordsOf(const TomlValue& list, std::string_view example) const;

  [[noreturn]] void Fail(const TomlValue& value, const std::string& problem) const;
  // At the key where it is present, else at the table.
  [[noreturn]] void Fail(std::string_view name, const std::string& problem) const;

 private:
  struct Document {
    std::string file;
    TomlValue root;
  };
  TomlTable(std::shared_ptr<const Document> document, const TomlValue* table)
      : document_(std::move(document)), table_(table) {}
  [[noreturn]] void FailType(const TomlValue& value, std::string_view wanted, std::string_view name,
                             std::string_view example) const;

  std::shared_ptr<const Document> document_;
  const TomlValue* table_;
  const TomlValue* base_ = nullptr;
};

}  // namespace sockspec
