// Tests of reading a catalogue: what is malformed is refused with file, line and key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "harness/testbed/catalogue_reader.h"

namespace sockspec {
namespace {

using ::testing::ElementsAre;

constexpr char kHeader[] = "area = \"ACC\"\ntitle = \"accept\"\nstep = \"accept\"\n";
constexpr char kOne[] = R"toml([[requirement]]
id = "ACC-01"
roles = ["server", "client"]
scope = { services = ["daytime"], client-services = ["echo"], transports = ["tcp4"], claims = ["dual"], any-claims = ["names"], not-claims = ["workers"], placeholders = ["port"], observed = ["forks"] }
level = "MUST NOT"
obliged-by = "spec"
condition = "sometimes"
otherwise = "SHOULD"
statement = "a"
source = "b"
planes = ["trace", "wire"]
stimulus = "c"
criterion = "d"
mutant = "e"
hint = "f"
note = "g"
)toml";

Catalogue ParseOne(const std::string& requirement) {
  return ReadCatalogue({{"acc.toml", kHeader + requirement}});
}

// kOne with its line `from` replaced.
std::string With(const std::string& from, const std::string& to) {
  std::string text = kOne;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, text.find('\n', at) - at, to);
  return text;
}

std::string Error(const std::string& requirement) {
  try {
    ParseOne(requirement);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

TEST(CatalogueParse, ReadsEveryField) {
  const Catalogue catalogue = ParseOne(kOne);
  EXPECT_THAT(catalogue.Ids(), ElementsAre("ACC-01"));
  EXPECT_EQ(catalogue.Find("ACC-02"), nullptr);
  const Requirement* r = catalogue.Find("ACC-01");
  ASSERT_NE(r, nullptr);
  EXPECT_EQ(r->area, "ACC");
  EXPECT_EQ(r->area_title, "accept");
  EXPECT_EQ(r->step, "accept");
  EXPECT_THAT(r->roles, ElementsAre(Role::kServer, Role::kClient));
  EXPECT_TRUE(r->AppliesTo(Role::kClient));
  EXPECT_THAT(r->scope.services, ElementsAre("daytime"));
  EXPECT_THAT(r->scope.client_services, ElementsAre("echo"));
  EXPECT_THAT(r->scope.transports, ElementsAre(Transport::kTcp4));
  EXPECT_THAT(r->scope.claims, ElementsAre("dual"));
  EXPECT_THAT(r->scope.any_claims, ElementsAre("names"));
  EXPECT_THAT(r->scope.not_claims, ElementsAre("workers"));
  EXPECT_THAT(r->scope.placeholders, ElementsAre("port"));
  EXPECT_THAT(r->scope.observed, ElementsAre("forks"));
  EXPECT_EQ(r->level, Level::kMustNot);
  EXPECT_EQ(r->obliged_by, ObligedBy::kSpec);
  EXPECT_EQ(r->condition, "sometimes");
  EXPECT_EQ(r->otherwise, Level::kShould);
  EXPECT_EQ(r->statement + r->source + r->stimulus + r->criterion + r->mutant + r->hint + r->note,
            "abcdefg");
  EXPECT_THAT(r->planes, ElementsAre("trace", "wire"));
  EXPECT_EQ(r->file, "acc.toml");
  EXPECT_EQ(r->line, 4);
}

TEST(CatalogueParse, ARequirementsOwnStepWins) {
  EXPECT_EQ(ParseOne(With("hint", "hint = \"f\"\nstep = \"close\"")).requirements()[0].step,
            "close");
}

TEST(CatalogueParse, RefusesWhatIsMalformed) {
  EXPECT_EQ(Error(With("hint", "hnt = \"f\"")),
            "acc.toml:18: requirement.hnt: unknown key; did you mean \"hint\"?");
  EXPECT_EQ(Error(With("hint", "")), "acc.toml:4: requirement.hint: is missing or empty; write it");
  EXPECT_EQ(Error(With("source", "source = \"\"")),
            "acc.toml:13: requirement.source: is missing or empty; write it");
  EXPECT_EQ(Error(With("level", "level = \"must\"")),
            "acc.toml:8: requirement.level: unknown word \"must\"; one of MUST, MUST NOT, SHOULD, "
            "SHOULD NOT, MAY");
  EXPECT_EQ(Error(With("planes", "planes = [\"wir\"]")),
            "acc.toml:14: requirement.planes: unknown word \"wir\"; did you mean \"wire\"?");
  EXPECT_EQ(Error(With("roles", "roles = []")),
            "acc.toml:6: requirement.roles: is missing or empty; write it");
  EXPECT_EQ(Error(With("scope", "scope = { transports = [\"tcp5\"] }")),
            "acc.toml:7: requirement.scope.transports: unknown word \"tcp5\"; did you mean "
            "\"tcp4\"?");
  EXPECT_EQ(Error(With("scope", "scope = { claims = [\"duel\"] }")),
            "acc.toml:7: requirement.scope.claims: unknown word \"duel\"; did you mean \"dual\"?");
  EXPECT_EQ(Error(With("scope", "scope = { observed = [\"forks\", \"forks\"] }")),
            "acc.toml:7: requirement.scope.observed: \"forks\" is listed twice; drop one");
  EXPECT_EQ(Error(With("otherwise", "")),
            "acc.toml:10: requirement.condition: and otherwise belong together; write both or "
            "none");
  EXPECT_EQ(Error(With("id", "id = \"CLS-01\"")),
            "acc.toml:5: requirement.id: \"CLS-01\" does not suit area ACC; write ACC-NN");
  EXPECT_EQ(Error(std::string(kOne) + kOne),
            "acc.toml:21: requirement.id: ACC-01 is also in acc.toml:4; take a new number");
  EXPECT_THROW(ReadCatalogue({{"x.toml", "area = \"X\"\n"}}), std::runtime_error);
}

TEST(Level, HasItsNames) {
  EXPECT_EQ(Name(Level::kShouldNot), "SHOULD NOT");
  EXPECT_TRUE(IsMust(Level::kMustNot));
  EXPECT_FALSE(IsMust(Level::kShould));
  EXPECT_TRUE(IsShould(Level::kShouldNot));
  EXPECT_FALSE(IsShould(Level::kMay));
  EXPECT_EQ(Name(ObligedBy::kTutorial), "tutorial");
}

}  // namespace
}  // namespace sockspec
