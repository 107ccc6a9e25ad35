// Who runs sockspec, from the user database. It is asked once in a process, and workers inherit the
// answer: libnss takes longer than a launch.
#pragma once

#include <string>

namespace sockspec {

const std::string& CallerName();  // the number where the database has no name
const std::string& CallerHome();  // HOME, or the database's; "" where neither says

}  // namespace sockspec
