// Tests of placeholders.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/manifest/placeholders.h"

namespace sockspec {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string ExpandError(const std::string& text) {
  try {
    Expand(text, {{"port", "13"}});
  } catch (const ManifestError& error) {
    return error.what();
  }
  return "";
}

TEST(Expand, ReplacesNamesAndDoubledBraces) {
  EXPECT_EQ(Expand("{host}:{port}", {{"host", "::1"}, {"port", "13"}}), "::1:13");
  EXPECT_EQ(Expand("{{port}} {port} }}{{", {{"port", "13"}}), "{port} 13 }{");
  EXPECT_EQ(Expand("{{{port}}}", {{"port", "13"}}), "{13}");
  EXPECT_EQ(Expand("", {}), "");
}

TEST(Expand, AValueIsNotExpandedAgain) {
  EXPECT_EQ(Expand("{host}", {{"host", "{port}"}, {"port", "13"}}), "{port}");
}

TEST(Expand, RefusesUnknownNamesAndSingleBraces) {
  EXPECT_EQ(ExpandError("{prot}"), "unknown placeholder {prot}; did you mean {port}?");
  EXPECT_EQ(ExpandError("{zzzzzz}"),
            "unknown placeholder {zzzzzz}; one of {transport}, {family}, {address}, {host}, "
            "{port}, {path}, {backlog}, {service}, {user}, or {{ for a brace");
  EXPECT_EQ(ExpandError("a { b"), "a single { in \"a { b\"; write {{ for a brace");
  EXPECT_EQ(ExpandError("a } b"), "a single } in \"a } b\"; write }} for a brace");
  EXPECT_EQ(ExpandError("{port{"), "a single { in \"{port{\"; write {{ for a brace");
}

TEST(PlaceholdersIn, ListsThemInOrder) {
  EXPECT_THAT(PlaceholdersIn("{port}{x} {{path}} {port}"), ElementsAre("port", "x", "port"));
  EXPECT_THAT(PlaceholdersIn("none"), IsEmpty());
}

TEST(LaunchSpec, MentionsLooksWhereverTheProgramIsToldSomething) {
  LaunchSpec spec;
  spec.command = {"./s", "-p{port}", "{{path}}"};
  spec.files = {{"conf", "backlog {backlog}"}};
  EXPECT_TRUE(spec.Mentions("port"));
  EXPECT_TRUE(spec.Mentions("backlog"));
  EXPECT_FALSE(spec.Mentions("path"));
  spec.standard_input.text = "connect {host}\n";
  spec.environment = {{"SOCKET", "{path}"}};
  EXPECT_TRUE(spec.Mentions("host"));
  EXPECT_TRUE(spec.Mentions("path"));
  EXPECT_FALSE(spec.Mentions("user"));
}

}  // namespace
}  // namespace sockspec
