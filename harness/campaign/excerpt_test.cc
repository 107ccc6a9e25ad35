// Excerpts: marked lines, neighbours, the limit.
#include "harness/campaign/excerpt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sockspec {
namespace {

Timeline Steps(int count) {
  Timeline timeline;
  for (int i = 0; i < count; ++i) {
    timeline.Append({.at = i * 1'000'000, .kind = EventKind::kStep, .text = std::to_string(i)});
  }
  return timeline;
}

std::vector<double> Times(const std::vector<report::ExcerptLine>& lines) {
  std::vector<double> times;
  for (const report::ExcerptLine& line : lines) times.push_back(line.milliseconds);
  return times;
}

TEST(ExcerptTest, SurroundsWhatWasExaminedInOrder) {
  const auto lines = MakeExcerpt(Steps(100), {50}, Role::kServer);
  ASSERT_EQ(lines.size(), kExcerptLines);
  EXPECT_TRUE(std::is_sorted(lines.begin(), lines.end(), [](const auto& a, const auto& b) {
    return a.milliseconds < b.milliseconds;
  }));
  for (const report::ExcerptLine& line : lines) {
    EXPECT_EQ(line.marked, line.milliseconds == 50);
    EXPECT_NEAR(line.milliseconds, 50, 7);
  }
}

TEST(ExcerptTest, OfManyTakesTheFirstAndTheLast) {
  std::vector<int> examined;
  for (int i = 0; i < 100; ++i) examined.push_back(i);
  EXPECT_THAT(Times(MakeExcerpt(Steps(100), examined, Role::kServer)),
              ::testing::ElementsAre(0, 1, 2, 3, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99));
}

TEST(ExcerptTest, AShortTimelineIsShownWhole) {
  EXPECT_EQ(MakeExcerpt(Steps(3), {1}, Role::kServer).size(), 3u);
  EXPECT_TRUE(MakeExcerpt(Steps(0), {}, Role::kServer).empty());
}

TEST(ExcerptTest, NamesActorsByRoleAndNumber) {
  EXPECT_EQ(ExcerptLineOf({.process = 0}, Role::kServer).actor, "harness");
  EXPECT_EQ(ExcerptLineOf({.process = 1}, Role::kClient).actor, "client");
  EXPECT_EQ(ExcerptLineOf({.process = 3}, Role::kServer).actor, "server 3");
}

}  // namespace
}  // namespace sockspec
