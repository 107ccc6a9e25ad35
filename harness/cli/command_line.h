// The command line of `sockspec`: chooses a sub-command, runs it, turns exceptions into statuses.
#pragma once

#include <string>
#include <vector>

namespace sockspec {

// `arguments` without the program's name. Returns the exit status.
int RunCommandLine(std::vector<std::string> arguments);

}  // namespace sockspec
