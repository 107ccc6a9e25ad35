// Tests of how a command's program is found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "harness/launch/launch.h"

namespace sockspec {
namespace {

using ::testing::HasSubstr;

class ResolveProgramTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/sockspec-path-XXXXXX";
    folder_ = mkdtemp(pattern);
    std::ofstream(folder_ + "/tool") << "#!/bin/sh\n";
    chmod((folder_ + "/tool").c_str(), 0755);
    std::ofstream(folder_ + "/plain") << "no program\n";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string ErrorOf(const std::string& name) {
    try {
      ResolveProgram(name, "/usr/bin:/bin", folder_);
    } catch (const ProgramNotExecutable& error) {
      return error.what();
    }
    return "";
  }

  std::string folder_;
};

TEST_F(ResolveProgramTest, FindsByPathAndByFolder) {
  EXPECT_EQ(ResolveProgram("tool", "/nowhere:" + folder_, "/"), folder_ + "/tool");
  EXPECT_EQ(ResolveProgram("./tool", "/usr/bin", folder_), folder_ + "/tool");
  EXPECT_EQ(ResolveProgram("/bin/sh", "", "/"), "/bin/sh");
}

TEST_F(ResolveProgramTest, NamesTheMend) {
  EXPECT_THAT(ErrorOf("./plain"), HasSubstr("chmod +x"));
  EXPECT_THAT(ErrorOf("./missing"), HasSubstr("build it first"));
  EXPECT_THAT(ErrorOf("tool"), HasSubstr("write ./tool"));
  EXPECT_THAT(ErrorOf("no-such-tool"), HasSubstr("install it"));
}

}  // namespace
}  // namespace sockspec
