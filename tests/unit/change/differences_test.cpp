// What a change comes to, from two configurations and the plugin files of the build.
#include "change/differences.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "../observe/temp_log.hpp"
#include "config/config.hpp"

namespace evloom::change {
namespace {

namespace fs = std::filesystem;

const std::string kYaml = R"(listen: [{ http: "127.0.0.1:9090" }, { unix: /tmp/evloom-test.sock, mode: 0600 }]
stores: { counters: { plugin: memory } }
formats: [text, json]
routes:
  - { path: "/", handler: stats, store: counters }
  - { path: "/hello", handler: hello }
  - { path: "/livez", builtin: live }
)";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), by);
}

class DifferencesTest : public ::testing::Test {
 protected:
  epoch::Plan plan(const std::string& text, const epoch::Swaps& swaps = {}) {
    const fs::path file = folder_.file("evloom.yaml");
    std::ofstream(file) << text;
    epoch::PlanSource::Loaded loaded = epoch::PlanSource{file, EVLOOM_PLUGINS}.load(swaps);
    EXPECT_TRUE(loaded.plan) << config::render(loaded.diagnostics, false);
    return std::move(*loaded.plan);
  }
  // "~route GET /", one a line.
  std::string told(const std::string& running, const std::string& wanted, const epoch::Swaps& swaps = {}) {
    found_ = differences(plan(running), plan(wanted, swaps));
    std::string text;
    for (const Difference& one : found_) text += one.sign + one.kind + ' ' + one.name + '\n';
    return text;
  }

  observe::test::TempDir folder_;
  std::vector<Difference> found_;
};

TEST_F(DifferencesTest, OfTheSameThereAreNone) {
  EXPECT_EQ(told(kYaml, kYaml), "");
  EXPECT_EQ(told(kYaml, replaced(kYaml, "plugin: memory", "plugin: memory, max_memory: 1GiB")), "")
      << "a default that is written down";
}

TEST_F(DifferencesTest, ListenersComeGoAndChange) {
  EXPECT_EQ(told(kYaml, replaced(kYaml, "9090", "9091")),
            "-listener http://127.0.0.1:9090\n+listener http://127.0.0.1:9091\n");
  EXPECT_EQ(told(kYaml, replaced(kYaml, "0600", "0666")), "~listener unix:/tmp/evloom-test.sock\n");
  EXPECT_NE(found_[0].before.find("mode 0600"), std::string::npos) << found_[0].before;
  EXPECT_NE(found_[0].after.find("mode 0666"), std::string::npos) << found_[0].after;
}

TEST_F(DifferencesTest, InstancesTellTheirPluginAndOptions) {
  EXPECT_EQ(told(kYaml, replaced(kYaml, "plugin: memory", "plugin: memory, max_memory: 1MiB")),
            "~instance counters\n");
  EXPECT_NE(found_[0].before.find("store memory "), std::string::npos) << found_[0].before;
  EXPECT_EQ(found_[0].before.find("max_memory"), std::string::npos) << found_[0].before;
  EXPECT_NE(found_[0].after.find("{max_memory: 1MiB}"), std::string::npos) << found_[0].after;
  EXPECT_EQ(told(kYaml, replaced(kYaml, "plugin: memory", "plugin: memory, timeout: 100ms")),
            "~instance counters\n");
  EXPECT_EQ(told(kYaml, replaced(kYaml, "  - { path: \"/hello\", handler: hello }\n", "")),
            "-instance hello\n-route GET /hello\n");
  EXPECT_EQ(found_[0].after, "");
}

TEST_F(DifferencesTest, ASwapIsTheFileThatItNames) {
  const fs::path copy = folder_.file("mine.so");
  fs::copy_file(fs::path(EVLOOM_PLUGINS) / "hello.so", copy);
  EXPECT_EQ(told(kYaml, kYaml, {{"hello", copy}}), "~instance hello\n");
  EXPECT_NE(found_[0].after.find("(swapped: " + copy.string() + ")"), std::string::npos) << found_[0].after;
  std::ofstream(copy, std::ios::app | std::ios::binary) << "another build";
  const epoch::Plan running = plan(kYaml, {{"hello", copy}});
  std::ofstream(copy, std::ios::app | std::ios::binary) << ", and one more";
  const auto found = differences(running, plan(kYaml, {{"hello", copy}}));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].before, found[0].after) << "the content tells, not the name";
}

TEST_F(DifferencesTest, RoutesAreKnownByMethodAndPath) {
  EXPECT_EQ(told(kYaml, replaced(kYaml, "path: \"/hello\"", "path: \"/hi\"")),
            "-route GET /hello\n+route GET /hi\n");
  EXPECT_EQ(told(kYaml, replaced(kYaml, "handler: hello", "handler: hello, formats: [json]")),
            "~route GET /hello\n");
  EXPECT_EQ(told(kYaml, replaced(kYaml, "builtin: live", "builtin: ready")), "~route GET /livez\n");
  EXPECT_EQ(found_[0].before, "builtin live");
  EXPECT_EQ(found_[0].after, "builtin ready");
}

TEST_F(DifferencesTest, SettingsAreNamedWithBothValues) {
  EXPECT_EQ(told(kYaml, kYaml + "limits: { idle_timeout: 5s }\nepochs: { canary: {} }\n"),
            "~setting limits.idle_timeout\n+setting epochs.canary.requests\n+setting epochs.canary.timeout\n"
            "+setting epochs.canary.errors\n+setting epochs.canary.p99\n");
  EXPECT_EQ(found_[0].before, "60s");
  EXPECT_EQ(found_[0].after, "5s");
}

}  // namespace
}  // namespace evloom::change
