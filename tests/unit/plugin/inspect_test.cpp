#include "plugin/inspect.hpp"

#include <sstream>

#include "host_fixture.hpp"

namespace evloom::plugin {
namespace {

// Without what changes with every build or with the sanitizers.
std::string steady(const std::string& report) {
  std::istringstream lines(report);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    const std::string name = line.substr(0, line.find("  "));
    if (name == "size" || name == "sha256" || name == "build id") line = line.substr(0, 14) + "*";
    if (name != "libraries" && name != "info" && name != "warning") out += line + "\n";
  }
  return out;
}

TEST(Inspect, ReportsALoadablePlugin) {
  const Report report = inspect(shipped("stats"), ReportFormat::text);
  EXPECT_EQ(report.exit_code, 0);
  EXPECT_EQ(steady(report.text), "file          " + shipped("stats").string() + R"(
size          *
sha256        *
build id      *
id            stats
version       1.0.0
description   Counts requests per source address and the ports it has used
licence       MIT
abi           1.1
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
