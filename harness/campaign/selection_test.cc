// Patterns of --select, lists in files among them.
#include "harness/campaign/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <system_error>

namespace sockspec {
namespace {

using ::testing::ElementsAre;

std::string Write(const std::string& name, const std::string& text) {
  const std::string file = ::testing::TempDir() + name;
  std::ofstream(file) << text;
  return file;
}

TEST(SelectionTest, ReadsEveryListThatIsNamed) {
  const std::string one = Write("select_one", "# closing\nCLS-01\n\n  CLS-02  # by FIN\r\n");
  const std::string two = Write("select_two", "ACC-*");
  EXPECT_THAT(ReadPatterns({"@" + one, "FAM-01", "@" + two}),
              ElementsAre("CLS-01", "CLS-02", "FAM-01", "ACC-*"));
}

TEST(SelectionTest, AnEmptyListIsNoWishForEverything) {
  const std::string empty = Write("select_empty", "# nothing\n");
  EXPECT_THROW(ReadPatterns({"FAM-01", "@" + empty}), NothingSelected);
}

TEST(SelectionTest, AMissingListIsAnError) {
  EXPECT_THROW(ReadPatterns({"@/nonexistent/list"}), std::system_error);
}

TEST(SelectionTest, PatternsAddUp) {
  const Catalogue& catalogue = Catalogue::Embedded();
  const std::set<std::string> selected = SelectRequirements(catalogue, {"CLS-0?", "ACC-01"});
  EXPECT_TRUE(selected.contains("CLS-02"));
  EXPECT_TRUE(selected.contains("ACC-01"));
  EXPECT_FALSE(selected.contains("ACC-02"));
  EXPECT_EQ(SelectRequirements(catalogue, {}).size(), catalogue.requirements().size());
}

}  // namespace
}  // namespace sockspec
