// What several tests of the writers share.
#include "reports/write/writer_test_support.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "reports/write/writers.h"

namespace sockspec::report {

std::vector<Written> WriteAll(const Report& report) {
  return {{"terminal.txt", WriteTerminal(report, {})},
          {"report.json", WriteJson(report)},
          {"junit.xml", WriteJunit(report, JunitDialect::kDefault)},
          {"junit-strict.xml", WriteJunit(report, JunitDialect::kStrict)},
          {"report.md", WriteMarkdown(report)},
          {"report.html", WriteHtml(report)}};
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

bool HaveXmllint() { return SOCKSPEC_XMLLINT[0] != '\0'; }

std::string Xmllint(const std::string& options, const std::string& text) {
  std::string path = fmt::format("{}/sockspec-XXXXXX", P_tmpdir);
  const int fd = mkstemp(path.data());
  if (fd == -1) throw std::runtime_error("mkstemp " + path);
  close(fd);
  WriteFile(path, text);
  const std::string command = fmt::format("{} {} --noout {} 2>&1", SOCKSPEC_XMLLINT, options, path);
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen " + command);
  std::string said;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) said += static_cast<char>(c);
  const int status = pclose(pipe);
  unlink(path.c_str());
  // With a schema xmllint says "FILE validates" where all is well.
  if (status == 0 && said == path + " validates\n") return "";
  return status == 0 ? said : fmt::format("{}(status {})", said, WEXITSTATUS(status));
}

}  // namespace sockspec::report
