// What several tests of the writers share: all formats at once, files, and xmllint.
#pragma once

#include <string>
#include <vector>

#include "reports/model/report.h"

namespace sockspec::report {

struct Written {
  std::string file;  // name of its golden file
  std::string text;
};
std::vector<Written> WriteAll(const Report& report);

std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& text);

bool HaveXmllint();

// What xmllint says of a text, "" where it finds nothing wrong.
std::string Xmllint(const std::string& options, const std::string& text);

}  // namespace sockspec::report
