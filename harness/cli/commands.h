// The sub-commands of `sockspec`, one file each.
//
// AddX declares a sub-command; when the command line chooses it, *action becomes what it does. An
// action returns the exit status and reports trouble by exceptions, which main() turns into one
// line and a status.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sockspec {

using Action = std::function<int()>;

// Wrong usage that the option parser cannot see. Exit status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// `program`: the words after "--".
void AddRun(CLI::App& app, const std::vector<std::string>& program, Action* action);
void AddList(CLI::App& app, Action* action);
void AddExplain(CLI::App& app, Action* action);
void AddJudge(CLI::App& app, Action* action);
void AddReport(CLI::App& app, Action* action);
void AddDoctor(CLI::App& app, Action* action);
void AddInit(CLI::App& app, Action* action);
void AddSchema(CLI::App& app, Action* action);

}  // namespace sockspec
