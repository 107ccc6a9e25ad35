// embed_catalogue OUTPUT.cc FILE.toml ...: part of the build. Reads the catalogue and writes it as
// constants; malformed data is one line naming file, line, key and the mend, and ends the build.
#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/text.h"
#include "harness/testbed/catalogue_reader.h"

namespace sockspec {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) ThrowSystemError(errno, fmt::format("open({})", path));
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// As a C++ literal, in ASCII.
std::string Literal(std::string_view text) {
  std::string literal = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      literal += {'\\', c};
    } else if (c >= ' ' && c <= '~') {
      literal += c;
    } else {
      literal += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    }
  }
  return literal + '"';
}

std::string Literal(const std::vector<std::string>& words) { return Literal(Join(words, " ")); }

template <typename Named>
std::string NamesOf(const std::vector<Named>& list) {
  std::vector<std::string> names;
  for (const Named& item : list) names.emplace_back(Name(item));
  return Literal(names);
}

std::string Row(const Requirement& r) {
  const auto level = [](Level value) {
    return fmt::format("static_cast<Level>({})", static_cast<int>(value));
  };
  const Scope& scope = r.scope;
  const std::vector<std::string> fields = {
      Literal(r.id),
      Literal(r.area),
      Literal(r.area_title),
      Literal(r.step),
      NamesOf(r.roles),
      Literal(scope.services),
      Literal(scope.client_services),
      Literal(scope.own_services),
      NamesOf(scope.transports),
      Literal(scope.claims),
      Literal(scope.any_claims),
      Literal(scope.not_claims),
      Literal(scope.placeholders),
      Literal(scope.observed),
      level(r.level),
      fmt::format("static_cast<ObligedBy>({})", static_cast<int>(r.obliged_by)),
      Literal(r.statement),
      Literal(r.source),
      Literal(r.stimulus),
      Literal(r.criterion),
      Literal(r.mutant),
      Literal(r.hint),
      Literal(r.note),
      Literal(r.planes),
      Literal(r.unjudged),
      Literal(r.condition),
      r.otherwise ? level(*r.otherwise) : std::string("std::nullopt"),
      Literal(r.file),
      std::to_string(r.line),
  };
  return "    {" + Join(fields, ",\n     ") + "},\n";
}

void Embed(const std::string& output, const std::vector<std::string>& paths) {
  std::map<std::string, std::string> files;
  for (const std::string& path : paths) {
    files[std::filesystem::path(path).filename()] = ReadFile(path);
  }
  std::string source =
      "// Generated from suites/requirements/*.toml by embed_catalogue.cc.\n"
      "#include \"harness/testbed/embedded_catalogue.h\"\n\n"
      "namespace sockspec {\n\n"
      "std::span<const EmbeddedRequirement> EmbeddedRequirements() {\n"
      "  static constexpr EmbeddedRequirement kRequirements[] = {\n";
  const Catalogue catalogue = ReadCatalogue(files);
  for (const Requirement& requirement : catalogue.requirements()) {
    source += Row(requirement);
  }
  source += "  };\n  return kRequirements;\n}\n\n}  // namespace sockspec\n";
  std::ofstream stream(output, std::ios::binary);
  if (!(stream << source).flush()) ThrowSystemError(errno, fmt::format("write({})", output));
}

}  // namespace
}  // namespace sockspec

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: embed_catalogue OUTPUT.cc FILE.toml ...\n");
    return 2;
  }
  try {
    sockspec::Embed(argv[1], std::vector<std::string>(argv + 2, argv + argc));
  } catch (const std::system_error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  } catch (const std::exception& error) {  // "FILE:LINE: KEY: ..."
    fmt::print(stderr, "suites/requirements/{}\n", error.what());
    return 2;
  }
}
