// The files that are generated from the table of options are the checked-in ones, and the shipped
// configurations load. `EVLOOM_REGENERATE=1 build/release/bin/unit_config --gtest_filter='Generated.*'`
// writes them anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/json_schema.hpp"
#include "config/reference.hpp"
#include "support.hpp"

namespace evloom::config {
namespace {

const std::filesystem::path kRoot = EVLOOM_SOURCE_DIR;

void expect_same(const std::filesystem::path& file, const std::string& generated) {
  if (std::getenv("EVLOOM_REGENERATE") != nullptr) std::ofstream(file) << generated;
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  EXPECT_TRUE(text.str() == generated)
      << file << " is not what the table of options says; write it anew with\n"
      << "  EVLOOM_REGENERATE=1 unit_config --gtest_filter='Generated.*'";
}

TEST(Generated, JsonSchemaIsCheckedIn) {
  expect_same(kRoot / "config" / "evloom.schema.json", json_schema());
}

TEST(Generated, ReferencePageIsCheckedIn) {
  expect_same(kRoot / "docs" / "configuration.md", reference_page());
}

TEST(Shipped, EveryConfigurationLoads) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kRoot / "config")) {
    if (entry.path().extension() != ".yaml") continue;
    ++count;
    const LoadResult result = load(entry.path(), test::variables({}));
    EXPECT_TRUE(result.ok()) << render(result.diagnostics, false);
  }
  EXPECT_GE(count, 3U);
}

TEST(Shipped, DataOfTheDefaultConfigurationIsBesideTheFoldersOfTheTree) {
  const LoadResult result = load(kRoot / "config" / "evloom.yaml", test::variables({}));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.config->instance("counters")->options.get("path").text(), "../run/data");
  EXPECT_EQ(result.config->listen[0].http->to_string(), "127.0.0.1:9090");
  EXPECT_EQ(result.config->threads, 0U);
}

}  // namespace
}  // namespace evloom::config
