// Each format, byte for byte. `scripts/approve` rewrites the files after a wanted change: read its
// diff before you commit it.
#include <gtest/gtest.h>

#include <cstdlib>

#include "reports/write/golden_report.h"
#include "reports/write/writer_test_support.h"
#include "reports/write/writers.h"

namespace sockspec::report {
namespace {

TEST(GoldenTest, EveryFormatIsAsApproved) {
  for (const Written& written : WriteAll(GoldenReport())) {
    const std::string path = std::string(SOCKSPEC_REPORTS_DIR "/golden/") + written.file;
    if (std::getenv("SOCKSPEC_APPROVE") != nullptr) WriteFile(path, written.text);
    EXPECT_EQ(ReadFile(path), written.text) << path;
  }
}

TEST(GoldenTest, WritersDependOnTheReportAlone) {
  const auto first = WriteAll(GoldenReport());
  const auto second = WriteAll(GoldenReport());
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(first[i].text, second[i].text);
}

}  // namespace
}  // namespace sockspec::report
