// Tests of the catalogue that is embedded: whole, readable on its own, without leftovers.
#include "harness/testbed/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "harness/testbed/catalogue_reader.h"

namespace sockspec {
namespace {

std::string ReadFile(const std::string& name) {
  std::ifstream stream(std::string(SOCKSPEC_REQUIREMENTS_DIR "/") + name);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string AllText(const Requirement& r) {
  return r.statement + "\n" + r.source + "\n" + r.stimulus + "\n" + r.criterion + "\n" + r.mutant +
         "\n" + r.hint + "\n" + r.note + "\n" + r.condition;
}

TEST(EmbeddedCatalogue, HoldsEveryFileWhole) {
  std::map<std::string, std::string> files;
  std::size_t entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SOCKSPEC_REQUIREMENTS_DIR)) {
    if (entry.path().extension() != ".toml") continue;
    const std::string name = entry.path().filename();
    const std::string& text = files[name] = ReadFile(name);
    for (std::size_t at = 0; (at = text.find("[[requirement]]", at)) != std::string::npos; ++at) {
      ++entries;
    }
  }
  // IDs are permanent: the number may grow, never shrink.
  EXPECT_GE(entries, 187u);
  const Catalogue read = ReadCatalogue(files);
  const std::vector<Requirement>& embedded = Catalogue::Embedded().requirements();
  ASSERT_EQ(embedded.size(), entries);
  ASSERT_EQ(read.requirements().size(), entries);
  for (std::size_t i = 0; i < entries; ++i) {
    EXPECT_TRUE(embedded[i] == read.requirements()[i]) << read.requirements()[i].id;
  }
}

TEST(EmbeddedCatalogue, NumbersOfAnAreaHaveNoGap) {
  std::map<std::string, std::set<std::string>> areas;
  for (const Requirement& r : Catalogue::Embedded().requirements()) areas[r.area].insert(r.id);
  EXPECT_EQ(areas.size(), 19u);
  for (const auto& [area, ids] : areas) {
    EXPECT_EQ(std::stoul(ids.rbegin()->substr(area.size() + 1)), ids.size()) << area;
  }
}

TEST(EmbeddedCatalogue, ReadsOnItsOwn) {
  // Abbreviations of notes, deadlines in place of causes, and sources that nobody has looked up.
  const std::regex leftover(
      R"(\bT_\w+|\bINC\b|\bIUT\b|N/A|\bprofile\b|\b\d+ ms\b|\bv[46]\b|\bus uq\b|within \d+ s\b)");
  for (const Requirement& r : Catalogue::Embedded().requirements()) {
    const std::string text = AllText(r);
    std::smatch match;
    EXPECT_FALSE(std::regex_search(text, match, leftover)) << r.id << ": " << match.str();
  }
}

TEST(EmbeddedCatalogue, EveryReferenceIsResolved) {
  const std::string contested = ReadFile("contested.md");
  const std::string rules = ReadFile("fault-rules.md");
  const std::regex reference(R"((contested\.md |rule )?\b([A-Z]{1,4}-?\d{1,2})\b)");
  int contested_references = 0, rule_references = 0, requirement_references = 0;
  for (const Requirement& r : Catalogue::Embedded().requirements()) {
    const std::string text = AllText(r);
    for (std::sregex_iterator at(text.begin(), text.end(), reference), end; at != end; ++at) {
      const std::string before = (*at)[1], id = (*at)[2];
      if (std::regex_match(id, std::regex("X-\\d\\d"))) {
        EXPECT_EQ(before, "contested.md ") << r.id;
        EXPECT_NE(contested.find("| " + id + " |"), std::string::npos) << r.id << ": " << id;
        ++contested_references;
      } else if (std::regex_match(id, std::regex("F\\d"))) {
        EXPECT_EQ(before, "rule ") << r.id;
        EXPECT_NE(rules.find("## " + id + " "), std::string::npos) << r.id << ": " << id;
        ++rule_references;
      } else if (std::regex_match(id,
                                  std::regex("(ACC|BIND|CLI|CLS|DIA|FAM|RAW|RD|ROB|UNX)-\\d\\d"))) {
        EXPECT_NE(Catalogue::Embedded().Find(id), nullptr) << r.id << ": " << id;
        ++requirement_references;
      }
    }
  }
  EXPECT_GT(contested_references, 20);
  EXPECT_GT(rule_references, 15);
  EXPECT_GT(requirement_references, 15);
}

TEST(EmbeddedCatalogue, WhatInjectsFaultsSaysSo) {
  for (const Requirement& r : Catalogue::Embedded().requirements()) {
    const bool fault = std::find(r.planes.begin(), r.planes.end(), "fault") != r.planes.end();
    if (!r.condition.empty()) {
      EXPECT_TRUE(fault) << r.id;
    }
  }
}

}  // namespace
}  // namespace sockspec
