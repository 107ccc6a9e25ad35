// Parses the command line and runs what it asks for.
#include "harness/cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "harness/base/text.h"
#include "harness/campaign/build_step.h"
#include "harness/campaign/record.h"
#include "harness/campaign/selection.h"
#include "harness/campaign/verdicts.h"
#include "harness/cli/commands.h"
#include "harness/cli/output.h"
#include "harness/launch/launch.h"
#include "harness/manifest/manifest.h"

namespace sockspec {
namespace {

constexpr const char* kConciseHelp =
    R"(sockspec: conformance tests for programs that talk over sockets.

  sockspec run --server './daytimed {port}'    judge one server
  sockspec run                                 judge what ./sockspec.toml declares
  sockspec init                                write a ./sockspec.toml to start from
  sockspec explain CLS-02                      what a requirement says, and why
  sockspec doctor                              what this host allows

"sockspec --help" shows all commands, "sockspec run --help" all options.
)";

constexpr const char* kFooter = R"(
Examples:
  sockspec run --server './daytimed {port}'
  sockspec run class/*/sockspec.toml -o report/
  sockspec run --select 'CLS-*' --transport tcp6 --trace-log
  sockspec judge report/run.jsonl

Exit status: 0 all that counts passed; 1 a requirement that counts failed; 2 usage, manifest or
record; 3 not all that counts could be judged; 4 build failed or program not executable;
5 nothing selected; 130 interrupted.
)";

int Complain(int status, std::string_view text) {
  fmt::print(stderr, "sockspec: {}\n", text);
  return status;
}

// What may stand where an unknown word does.
std::vector<std::string> KnownWords(const CLI::App& app, bool options) {
  std::vector<std::string> words;
  if (!options) {
    for (const CLI::App* command : app.get_subcommands({})) words.push_back(command->get_name());
    return words;
  }
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  const CLI::App& from = chosen.empty() ? app : *chosen.front();
  for (const CLI::Option* option : from.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return words;
}

std::string Unknown(const CLI::App& app) {
  const std::vector<std::string> left = app.remaining(true);
  if (left.empty()) return "unknown argument";
  const std::string word = left.front().substr(0, left.front().find('='));
  const bool is_option = word.starts_with("-");
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  const std::string what = is_option ? "option" : chosen.empty() ? "command" : "argument";
  const std::string nearest = what == "argument" ? "" : Nearest(word, KnownWords(app, is_option));
  const std::string command = chosen.empty() ? "" : " " + chosen.front()->get_name();
  return fmt::format("unknown {} {}; {}", what, Quote(word),
                     nearest.empty() ? fmt::format("see \"sockspec{} --help\"", command)
                                     : fmt::format("did you mean {}?", nearest));
}

int Run(const Action& action) {
  try {
    return action();
  } catch (const ManifestError& error) {
    return Complain(kExitUsage, error.what());
  } catch (const RecordError& error) {
    return Complain(kExitUsage, error.what());
  } catch (const UsageError& error) {
    return Complain(kExitUsage, error.what());
  } catch (const NothingSelected& error) {
    return Complain(kExitNothingSelected, error.what());
  } catch (const BuildFailed& error) {
    return Complain(kExitNotExecutable, error.what());
  } catch (const ProgramNotExecutable& error) {
    return Complain(kExitNotExecutable, error.what());
  } catch (const std::exception& error) {
    return Complain(kExitUndecided, error.what());
  }
}

}  // namespace

int RunCommandLine(std::vector<std::string> arguments) {
  if (arguments.empty()) {
    fmt::print("{}", kConciseHelp);
    return kExitUsage;
  }
  // What follows "--" belongs to the program under test, whatever it looks like.
  std::vector<std::string> program;
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  if (dashes != arguments.end()) {
    program.assign(dashes + 1, arguments.end());
    arguments.erase(dashes, arguments.end());
  }

  CLI::App app("Conformance tests for programs that talk over sockets.", "sockspec");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("sockspec ") + SOCKSPEC_VERSION);
  Action action;
  AddRun(app, program, &action);
  AddList(app, &action);
  AddExplain(app, &action);
  AddJudge(app, &action);
  AddReport(app, &action);
  AddDoctor(app, &action);
  AddInit(app, &action);
  AddSchema(app, &action);
  try {
    std::reverse(arguments.begin(), arguments.end());  // as the parser wants them
    app.parse(arguments);
  } catch (const CLI::ExtrasError&) {
    return Complain(kExitUsage, Unknown(app));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // help and version
    const std::vector<CLI::App*> chosen = app.get_subcommands();
    return Complain(kExitUsage,
                    fmt::format("{}; see \"sockspec{} --help\"", error.what(),
                                chosen.empty() ? "" : " " + chosen.front()->get_name()));
  }
  if (!action) return Complain(kExitUsage, "no command; see \"sockspec --help\"");
  return Run(action);
}

}  // namespace sockspec
