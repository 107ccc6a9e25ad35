// The control: its manifest and its cache.
#include "harness/campaign/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "harness/campaign/control_cache.h"

namespace sockspec {
namespace {

// What is judged must be the same as what people try by hand.
TEST(ControlTest, TheManifestSaysWhatTheReferenceFolderSays) {
  const Manifest built = ReferenceManifest();
  const Manifest written = LoadManifest(SOCKSPEC_REFERENCE_MANIFEST);
  ASSERT_EQ(built.programs.size(), written.programs.size());
  for (std::size_t i = 0; i < built.programs.size(); ++i) {
    const Program& ours = built.programs[i];
    const Program& theirs = written.programs[i];
    EXPECT_EQ(ours.role, theirs.role);
    EXPECT_EQ(ours.service, theirs.service);
    EXPECT_EQ(ours.transports, theirs.transports);
    for (Transport transport : theirs.transports) {
      const LaunchSpec& spec = theirs.launch.at(transport);
      EXPECT_EQ(ours.launch.at(transport).command, spec.command);
      EXPECT_EQ(ours.launch.at(transport).claims, spec.claims);
      EXPECT_EQ(ours.launch.at(transport).output, spec.output);
    }
    EXPECT_TRUE(IsReference(ours));
  }
}

TEST(ControlTest, EachServiceHasItsReference) {
  const Manifest echo = ReferenceManifest("echo");
  for (const Program& program : echo.programs) {
    EXPECT_EQ(program.service, "echo");
    EXPECT_EQ(program.transports.size(), 7u);
    for (const auto& [transport, launch] : program.launch) {
      EXPECT_THAT(launch.command, ::testing::Contains("echo"));
    }
  }
}

TEST(ControlTest, OverRawSocketsItIsAClient) {
  const Manifest written = LoadManifest(SOCKSPEC_RAW_REFERENCE_MANIFEST);
  ASSERT_EQ(written.programs.size(), RawServiceNames().size());
  for (const Program& theirs : written.programs) {
    const Manifest built = ReferenceManifest(theirs.service);
    ASSERT_EQ(built.programs.size(), 1u);
    const Program& ours = built.programs[0];
    EXPECT_EQ(ours.role, Role::kClient);
    EXPECT_EQ(ours.transports, theirs.transports);
    for (Transport transport : theirs.transports) {
      EXPECT_EQ(ours.launch.at(transport).command, theirs.launch.at(transport).command);
      EXPECT_EQ(ours.launch.at(transport).claims, theirs.launch.at(transport).claims);
    }
  }
}

TEST(ControlTest, OtherProgramsAreNotTheReference) {
  EXPECT_FALSE(IsReference(
      ManifestFromCommand(Role::kServer, "./server {port}", "daytime", {}, "/").programs[0]));
}

class ControlCacheTest : public ::testing::Test {
 protected:
  ControlCacheTest() {
    folder_ = ::testing::TempDir() + "control_cache_test";
    std::filesystem::remove_all(folder_);
    setenv("XDG_CACHE_HOME", folder_.c_str(), 1);
    file_ = ControlCacheFile("/usr/bin", "all planes");
  }

  std::string folder_, file_;
  const std::set<ControlledItem> good_ = {
      {Role::kServer, "daytime", Transport::kTcp4, "CLS-01"},
      {Role::kClient, "time", Transport::kUnixStream, "CLI-02"}};
};

TEST_F(ControlCacheTest, RemembersAndForgetsEarlierBoots) {
  EXPECT_THAT(ReadControlCache(file_), ::testing::IsEmpty());
  std::filesystem::create_directories(folder_ + "/sockspec");
  const std::string old = folder_ + "/sockspec/control-an-earlier-boot";
  std::ofstream(old) << "x";
  WriteControlCache(file_, good_);
  EXPECT_EQ(ReadControlCache(file_), good_);
  EXPECT_FALSE(std::filesystem::exists(old));
}

TEST_F(ControlCacheTest, AFileThatIsNotUnderstoodIsNoFile) {
  WriteControlCache(file_, good_);
  std::ofstream(file_, std::ios::app) << "server daytime tcp9 CLS-02\n";
  EXPECT_THAT(ReadControlCache(file_), ::testing::IsEmpty());
}

TEST_F(ControlCacheTest, AFolderThatCannotBeWrittenIsNoTrouble) {
  std::ofstream{folder_} << "a file where the folder belongs";
  WriteControlCache(file_, good_);
  EXPECT_THAT(ReadControlCache(file_), ::testing::IsEmpty());
}

}  // namespace
}  // namespace sockspec
