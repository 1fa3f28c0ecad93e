#include "plugin/inspect.hpp"

#include <regex>

#include "host_fixture.hpp"

namespace evloom::plugin {
namespace {

// What changes with every build.
std::string steady(std::string text) {
  text = std::regex_replace(text, std::regex("[0-9a-f]{64}"), "SHA256");
  text = std::regex_replace(text, std::regex("[0-9a-f]{40}"), "BUILDID");
  text = std::regex_replace(text, std::regex("size( +)[0-9]+ bytes"), "size$1N bytes");
  text = std::regex_replace(text, std::regex("\nlibraries .*"), "");
  return std::regex_replace(text, std::regex("\n(info|warning) .*"), "");
}

TEST(Inspect, ReportsALoadablePlugin) {
  const Report report = inspect(shipped("stats"), ReportFormat::text);
  EXPECT_EQ(report.exit_code, 0);
  EXPECT_EQ(steady(report.text), "file          " + shipped("stats").string() + R"(
size          N bytes
sha256        SHA256
build id      BUILDID
id            stats
version       1.0.0
description   Counts requests per source address and the ports it has used
licence       MIT
abi           1.0
interfaces    evloom.handler/1
needs         evloom.host.store/1
options       key_prefix: a string, default "requests:". What every key in the store begins with, at most 256 bytes.
exports       evloom_entry
verdict       can be loaded
)");
}

TEST(Inspect, ReportsTheSameAsJson) {
  const Report report = inspect(shipped("hello"), ReportFormat::json);
  EXPECT_EQ(report.exit_code, 0);
  for (const char* part : {"\"id\": \"hello\"", "\"interfaces\": [\n    \"evloom.handler/1\"\n  ]",
                           "\"greeting\"", "\"loadable\": true", "\"build_id\": \""})
    EXPECT_NE(report.text.find(part), std::string::npos) << part << "\n" << report.text;
}

TEST(Inspect, ReportsWhyAPluginCannotBeLoaded) {
  Report report = inspect(bad("wrong_major"), ReportFormat::text);
  EXPECT_EQ(report.exit_code, 1);
  EXPECT_NE(report.text.find(
                "error         built for ABI 2.0, this host has 1.0 (build it with this host's SDK)\n"),
            std::string::npos)
      << report.text;
  EXPECT_NE(report.text.find("verdict       cannot be loaded\n"), std::string::npos);
  report = inspect(bad("no_note"), ReportFormat::json);
  EXPECT_EQ(report.exit_code, 1);
  EXPECT_NE(report.text.find("\"loadable\": false"), std::string::npos);
}

TEST(Inspect, TellsAFileThatIsNoneFromAPluginThatIsBad) {
  const Report report = inspect("/nowhere.so", ReportFormat::text);
  EXPECT_EQ(report.exit_code, 2);
  EXPECT_EQ(report.text, "cannot open '/nowhere.so': No such file or directory");
  EXPECT_EQ(inspect("/etc/hostname", ReportFormat::json).exit_code, 2);
  EXPECT_EQ(inspect("/tmp", ReportFormat::json).exit_code, 2);
}

}  // namespace
}  // namespace evloom::plugin
