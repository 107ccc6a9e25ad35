// suites/requirements/proofs.txt, embedded when the program is built.
#pragma once

#include <string_view>

namespace sockspec {

// Lines of "ROLE NAME REQUIREMENT STEP SERVICE TRANSPORTS".
std::string_view ProofsText();

}  // namespace sockspec
