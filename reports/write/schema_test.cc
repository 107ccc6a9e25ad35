// The JSON report and its schema say the same.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "reports/write/golden_report.h"
#include "reports/write/writer_test_support.h"
#include "reports/write/writers.h"

namespace sockspec::report {
namespace {

using Json = nlohmann::json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

Json ReadSchema() {
  return Json::parse(ReadFile(SOCKSPEC_REPORTS_DIR "/schema/report.schema.json"));
}

// The first complaint, or "".
std::string Complaint(const Json& json) {
  const Json schema_text = ReadSchema();
  valijson::Schema schema;
  valijson::SchemaParser().populateSchema(Adapter(schema_text), schema);
  valijson::ValidationResults results;
  if (valijson::Validator().validate(schema, Adapter(json), &results)) return "";
  valijson::ValidationResults::Error error;
  results.popError(error);
  std::string place;
  for (const std::string& part : error.context) place += part;
  return place + ": " + error.description;
}

void ExpectDescribed(const Json& schema, const std::string& place) {
  for (const char* key : {"properties", "definitions"}) {
    if (!schema.contains(key)) continue;
    for (const auto& [name, value] : schema[key].items()) {
      const bool described = value.contains("description") || value.contains("$ref");
      EXPECT_TRUE(described) << place << "." << name;
      ExpectDescribed(value, place + "." + name);
    }
  }
}

TEST(SchemaTest, ReportsAreValid) {
  EXPECT_EQ(Complaint(Json::parse(WriteJson(GoldenReport()))), "");
}

TEST(SchemaTest, WhatIsWrongIsRefused) {
  const Json good = Json::parse(WriteJson(GoldenReport()));
  Json bad = good;
  bad["rows"][0]["verdict"] = "passed";
  EXPECT_NE(Complaint(bad), "");
  bad = good;
  bad["rows"][0].erase("repeat");
  EXPECT_NE(Complaint(bad), "");
  bad = good;
  bad["summary"]["all"]["skipped"] = 1;
  EXPECT_NE(Complaint(bad), "");
}

TEST(SchemaTest, EveryFieldIsDescribed) { ExpectDescribed(ReadSchema(), "report"); }

}  // namespace
}  // namespace sockspec::report
