// sockspec schema: the JSON Schemas of what sockspec writes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "harness/campaign/verdicts.h"
#include "harness/cli/commands.h"
#include "harness/cli/embedded_schemas.h"
#include "harness/cli/output.h"

namespace sockspec {

void AddSchema(CLI::App& app, Action* action) {
  auto name = std::make_shared<std::string>();
  CLI::App& command = *app.add_subcommand("schema", "Print the JSON Schema of a format");
  command.footer("\nExample:\n  sockspec schema record > record.schema.json\n");
  command.add_option("format", *name, "record (each line of run.jsonl) or report (report.json)")
      ->check(CLI::IsMember({"record", "report"}))
      ->type_name("FORMAT")
      ->required();
  command.callback([name, action] {
    *action = [name] {
      Print(*name == "record" ? RecordSchema() : ReportSchema());
      return static_cast<int>(kExitPassed);
    };
  });
}

}  // namespace sockspec
