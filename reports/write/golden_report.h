// A report made by hand that holds every kind of verdict, and the most hostile text that we know.
#pragma once

#include <string>

#include "reports/model/report.h"

namespace sockspec::report {

// All verdicts, notes, a waiver, two programs, several transports, hostile strings.
Report GoldenReport();

// Markup, control bytes, broken UTF-8, forged CI commands: all that a program could print to break
// out of a format or to steer what shows it.
std::string HostileText();

}  // namespace sockspec::report
