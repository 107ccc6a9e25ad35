// Socket options by name.
#pragma once

#include <string>

namespace sockspec {

// "SO_REUSEADDR"; "level/option" in numbers for one without a name here.
std::string NameOption(int level, int option);

}  // namespace sockspec
