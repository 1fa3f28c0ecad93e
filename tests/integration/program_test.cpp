// The program as an operator meets it: exit statuses and words of each command, refused configurations, ports
// in use.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/evloom_process.hpp"

namespace evloom::test {
namespace {

// Runs evloom to its end.
Outcome evloom(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), evloom_binary());
  return run(std::move(arguments), widened(milliseconds(10000)));
}

Outcome evloom_with(std::string_view text, const std::string& command = "run") {
  const TempDir folder;
  write_file(folder / "evloom.yaml", text);
  return evloom({command, "-c", (folder / "evloom.yaml").string()});
}

std::string plugin_file(const std::string& name) {
  return (std::filesystem::path(evloom_binary()).parent_path().parent_path() / "lib/evloom/plugins" /
          (name + ".so"))
      .string();
}

TEST(Program, SaysItsVersion) {
  const Outcome outcome = evloom({"--version"});
  EXPECT_EQ(outcome.exit, (Exit{0, 0}));
  EXPECT_TRUE(outcome.output.starts_with("evloom 0.")) << outcome.output;
}

TEST(Program, HelpsOnRequestAndOnMistakes) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--help"}, {"run", "--help"}, {"check", "--help"}, {"inspect", "--help"}}) {
    const Outcome outcome = evloom(arguments);
    EXPECT_EQ(outcome.exit, (Exit{0, 0}));
    EXPECT_NE(outcome.output.find("Usage"), std::string::npos) << outcome.output;
  }
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"fly"}, {"run", "--no-such-option"}, {"inspect"}}) {
    const Outcome outcome = evloom(arguments);
    EXPECT_EQ(outcome.exit, (Exit{2, 0})) << arguments[0];
    EXPECT_FALSE(outcome.errors.empty());
    EXPECT_TRUE(outcome.output.empty()) << outcome.output;
  }
}

TEST(Program, ChecksAConfigurationWithoutStartingIt) {
  const Outcome good = evloom_with(yaml({}), "check");
  EXPECT_EQ(good.exit, (Exit{0, 0})) << good.errors;
  const Outcome bad =
      evloom_with("threads: many\nroutes: [{ path: \"/\", handler: stats, stroe: counters }]\n", "check");
  EXPECT_EQ(bad.exit, (Exit{2, 0}));
  EXPECT_NE(bad.errors.find("evloom.yaml:1:10: error:"), std::string::npos) << bad.errors;
  EXPECT_NE(bad.errors.find("evloom.yaml:2:40: error:"), std::string::npos) << bad.errors;
  EXPECT_NE(bad.errors.find("store"), std::string::npos) << "did you mean store?";
}

TEST(Program, RefusesABadConfigurationWithStatus2) {
  struct Case {
    const char* name;
    std::string text;
    const char* words;
  };
  const std::string routes = "routes:\n  - { path: \"/\", handler: hello }\n";
  const Case cases[] = {
      {"no yaml", "a: [", ":1:"},
      {"empty", "", "routes"},
      {"unknown key", "treads: 2\n" + routes, "threads"},
      {"wrong type", "threads: [2]\n" + routes, ":1:10:"},
      {"out of range", "threads: 100000\n" + routes, ":1:10:"},
      {"doubled", "threads: 2\nthreads: 2\n" + routes, ":2:1:"},
      {"no routes", "threads: 2\n", "routes"},
      {"unknown store", "routes:\n  - { path: \"/\", handler: stats, store: nowhere }\n", "nowhere"},
      {"unknown handler", "routes:\n  - { path: \"/\", handler: helo }\n", "hello"},
      {"unknown store plugin", "stores: { counters: { plugin: reddis } }\n" + routes, "redis"},
      {"handler without its store", "routes:\n  - { path: \"/\", handler: stats }\n", "store"},
      {"plugin of another kind", "routes:\n  - { path: \"/\", handler: text }\n", "text"},
      {"unknown plugin option", "stores: { counters: { plugin: memory, colour: red } }\n" + routes, "colour"},
      {"wrong plugin option", "handlers: { greet: { plugin: hello, greeting: [1] } }\n" + routes, "greeting"},
      {"name instead of address", "listen: [{ http: \"localhost:9090\" }]\n" + routes, "127.0.0.1"},
      {"unset variable", "threads: ${EVLOOM_TEST_UNSET}\n" + routes, "EVLOOM_TEST_UNSET"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    const Outcome outcome = evloom_with(one.text);
    EXPECT_EQ(outcome.exit, (Exit{2, 0})) << outcome.errors;
    EXPECT_NE(outcome.errors.find("evloom.yaml:"), std::string::npos) << outcome.errors;
    EXPECT_NE(outcome.errors.find(one.words), std::string::npos) << outcome.errors;
    EXPECT_EQ(outcome.errors.find("listening on"), std::string::npos) << "something was started";
    EXPECT_EQ(sanitizer_report(outcome.errors), "");
  }
}

TEST(Program, RefusedConfigurationLeavesNothingBehind) {
  const TempDir folder;
  write_file(folder / "evloom.yaml",
             "stores: { counters: { plugin: lmdb, path: data } }\nthreads: none\n"
             "listen: [{ unix: http.sock }]\nroutes: [{ path: \"/\", handler: hello }]\n");
  EXPECT_EQ(evloom({"run", "-c", (folder / "evloom.yaml").string()}).exit, (Exit{2, 0}));
  EXPECT_FALSE(std::filesystem::exists(folder / "data"));
  EXPECT_FALSE(std::filesystem::exists(folder / "http.sock"));
}

TEST(Program, MissingFileIsNamed) {
  const Outcome outcome = evloom({"run", "-c", "/nonexistent/evloom.yaml"});
  EXPECT_EQ(outcome.exit, (Exit{2, 0}));
  EXPECT_NE(outcome.errors.find("/nonexistent/evloom.yaml"), std::string::npos) << outcome.errors;
}

TEST(Program, SecretsStayOutOfMessages) {
  const TempDir folder;
  write_file(folder / "evloom.yaml",
             "threads: ${EVLOOM_TEST_SECRET}\nroutes: [{ path: \"/\", handler: hello }]\n");
  Process process({.command = {evloom_binary(), "run", "-c", (folder / "evloom.yaml").string()},
                   .environment = {{"EVLOOM_TEST_SECRET", "hunter2hunter2"}},
                   .output = folder / "out",
                   .errors = folder / "err"});
  EXPECT_EQ(process.wait(widened(milliseconds(10000))), (Exit{2, 0}));
  EXPECT_EQ(process.errors().find("hunter2"), std::string::npos) << process.errors();
}

TEST(Program, InspectsAPluginWithoutRunningIt) {
  const Outcome text = evloom({"inspect", plugin_file("hello")});
  EXPECT_EQ(text.exit, (Exit{0, 0})) << text.errors;
  EXPECT_NE(text.output.find("evloom.handler/1"), std::string::npos);
  const Outcome json = evloom({"inspect", "--json", plugin_file("hello")});
  EXPECT_EQ(json.exit, (Exit{0, 0})) << json.errors;
  const auto report = nlohmann::json::parse(json.output, nullptr, false);
  ASSERT_TRUE(report.is_object()) << json.output;
  EXPECT_EQ(report.value("id", ""), "hello");
  EXPECT_EQ(report.value("version", ""), "1.0.0");

  EXPECT_EQ(evloom({"inspect", "/nonexistent.so"}).exit, (Exit{2, 0}));
  EXPECT_EQ(evloom({"inspect", "/etc/passwd"}).exit, (Exit{2, 0}));
  EXPECT_EQ(evloom({"inspect", "/"}).exit, (Exit{2, 0}));
}

TEST(Program, PortInUseIsSaidPlainly) {
  Evloom first(yaml({}));
  const std::string address = "127.0.0.1:" + std::to_string(first.address().port);
  const Outcome second = evloom_with(yaml({.listen = "[{ http: \"" + address + "\" }]"}));
  EXPECT_EQ(second.exit, (Exit{1, 0})) << second.errors;
  EXPECT_NE(second.errors.find(address), std::string::npos) << second.errors;
  EXPECT_NE(second.errors.find("in use"), std::string::npos) << second.errors;
  EXPECT_EQ(sanitizer_report(second.errors), "");
  EXPECT_EQ(first.get("/hello").status, 200);
  EXPECT_EQ(first.stop(), "");
}

TEST(Program, StoreInUseIsSaidPlainly) {
  const TempDir folder;
  const std::string store = "{ plugin: lmdb, path: \"" + (folder / "data").string() + "\" }";
  Evloom first(yaml({.counters = store}));
  const Outcome second = evloom_with(yaml({.counters = store}));
  EXPECT_EQ(second.exit, (Exit{1, 0})) << second.errors;
  EXPECT_NE(second.errors.find(std::to_string(first.process().pid())), std::string::npos) << second.errors;
  EXPECT_EQ(first.get("/").status, 200);
  EXPECT_EQ(first.stop(), "");
}

}  // namespace
}  // namespace evloom::test
