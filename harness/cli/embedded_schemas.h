// reports/schema/*.schema.json, embedded when the program is built.
#pragma once

#include <string_view>

namespace sockspec {

std::string_view RecordSchema();
std::string_view ReportSchema();

}  // namespace sockspec
