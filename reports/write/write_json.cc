// The report for programs: one JSON object, described by reports/schema/report.schema.json.
#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/write/writers.h"

namespace sockspec::report {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormatVersion = 1;

// Three decimals are exact enough, and keep the text free of exponents.
double Rounded(double number) {
  return std::isfinite(number) ? std::round(number * 1000) / 1000 : 0;
}

Json ToJson(const Counts& counts) {
  return {{"pass", counts.pass},
          {"fail", counts.fail},
          {"inconclusive", counts.inconclusive},
          {"not-applicable", counts.not_applicable},
          {"error", counts.error},
          {"notes", counts.notes}};
}

Json ToJson(const std::vector<std::pair<std::string, Counts>>& sums) {
  Json list = Json::array();
  for (const auto& [name, counts] : sums) {
    Json entry = {{"name", name}};
    entry.update(ToJson(counts));
    list.push_back(std::move(entry));
  }
  return list;
}

Json ToJson(const Summary& summary) {
  return {{"all", ToJson(summary.all)},
          {"by_area", ToJson(summary.by_area)},
          {"by_level", ToJson(summary.by_level)},
          {"by_step", ToJson(summary.by_step)},
          {"by_program", ToJson(summary.by_program)}};
}

Json ToJson(const Program& program) {
  return {{"implementation", program.implementation},
          {"version", program.version},
          {"role", program.role},
          {"service", program.service},
          {"transports", program.transports},
          {"command", program.command}};
}

Json ToJson(const ExcerptLine& line) {
  return {{"milliseconds", Rounded(line.milliseconds)},
          {"plane", line.plane},
          {"actor", line.actor},
          {"text", line.text},
          {"marked", line.marked}};
}

Json ToJson(const Row& row) {
  Json excerpt = Json::array();
  for (const ExcerptLine& line : row.excerpt) excerpt.push_back(ToJson(line));
  return {{"requirement", row.requirement},
          {"area", row.area},
          {"step", row.step},
          {"level", Name(row.level)},
          {"obliged_by", row.obliged_by},
          {"statement", row.statement},
          {"source", row.source},
          {"hint", row.hint},
          {"program", row.program},
          {"transport", row.transport},
          {"scenario", row.scenario},
          {"verdict", Name(row.verdict)},
          {"counts", row.counts},
          {"waived", row.waived},
          {"waiver", row.waiver},
          {"reason", row.reason},
          {"expected", row.expected},
          {"observed", row.observed},
          {"notes", row.notes},
          {"excerpt", std::move(excerpt)},
          {"repeat", row.repeat},
          {"file", row.file},
          {"line", row.line},
          {"milliseconds", Rounded(row.milliseconds)}};
}

Json ToJson(const Log& log) {
  return {{"program", log.program},
          {"scenario", log.scenario},
          {"transport", log.transport},
          {"standard_output", log.standard_output},
          {"standard_error", log.standard_error},
          {"cut", log.cut}};
}

template <typename Value>
Json ToJsonList(const std::vector<Value>& values) {
  Json list = Json::array();
  for (const Value& value : values) list.push_back(ToJson(value));
  return list;
}

}  // namespace

std::string WriteJson(const Report& report) {
  const Json json = {{"format", "sockspec-report"},
                     {"format_version", kFormatVersion},
                     {"tool_version", report.tool_version},
                     {"run_id", report.run_id},
                     {"started", report.started},
                     {"seconds", Rounded(report.seconds)},
                     {"host", report.host},
                     {"sandbox", report.sandbox},
                     {"planes", report.planes},
                     {"profile", report.profile},
                     {"warnings", report.warnings},
                     {"complete", report.complete},
                     {"incomplete", report.incomplete},
                     {"exit_code", report.exit_code},
                     {"headline", Headline(report)},
                     {"summary", ToJson(Summarise(report))},
                     {"programs", ToJsonList(report.programs)},
                     {"rows", ToJsonList(report.rows)},
                     {"logs", ToJsonList(report.logs)}};
  // All ASCII, so that no byte of the program under test reaches a terminal that shows the file.
  return json.dump(1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace) + "\n";
}

}  // namespace sockspec::report
