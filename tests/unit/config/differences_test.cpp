// What a reload can change, what only a restart can.
#include "config/differences.hpp"

#include <gtest/gtest.h>

#include "support.hpp"

namespace evloom::config {
namespace {

std::shared_ptr<const Config> with(const std::string& text, std::map<std::string, std::string> values = {}) {
  LoadResult result = test::load(test::kValid + text, std::move(values));
  EXPECT_TRUE(result.ok()) << render(result.diagnostics, false);
  return result.config;
}

using Texts = std::vector<std::string>;

Texts restart(const std::string& running, const std::string& wanted,
              const std::map<std::string, std::string>& before = {},
              const std::map<std::string, std::string>& after = {}) {
  return restart_only_differences(*with(running, before), *with(wanted, after));
}

// "key: before -> after"
Texts settings(const std::string& running, const std::string& wanted) {
  Texts out;
  for (const SettingDifference& found : setting_differences(*with(running), *with(wanted))) {
    out.push_back(found.key + ": " + found.before + " -> " + found.after);
  }
  return out;
}

TEST(Differences, NameWhatOnlyARestartCanChange) {
  EXPECT_EQ(restart("threads: 2\n", "threads: 4\n"), Texts{"threads: 2 -> 4"});
  EXPECT_EQ(restart("", "threads: 4\nwork: {threads: 3}\n"),
            (Texts{"threads: auto -> 4", "work.threads: 2 -> 3"}));
  EXPECT_EQ(restart("", "admin: {unix: a}\n"),
            (Texts{"admin.unix: none -> /etc/evloom/a", "admin.mode: none -> 0660"}));
  EXPECT_EQ(restart("admin: {unix: a}\n", "admin: {unix: a, mode: 0600}\n"),
            Texts{"admin.mode: 0660 -> 0600"});
}

TEST(Differences, NeedNoRestartForAnythingElse) {
  EXPECT_EQ(restart("threads: 2\nadmin: {unix: a, mode: 0660}\n",
                    "admin: {unix: ./a}\nthreads: 2\nlimits: {headers: 5}\nlisten: [{unix: x}]\n"
                    "stores: {s: {plugin: memory}}\nlog: {level: debug}\nepochs: {canary: {}}\n"),
            Texts{});
}

TEST(Differences, NeverTellAToken) {
  const std::string file = "admin: {http: \"127.0.0.1:1\", token: \"${A}\"}\n";
  const std::string literal = "admin: {http: \"127.0.0.1:1\", token: \"other-0123456789\"}\n";
  const Texts expected = {"admin.token: *** -> ***"};
  EXPECT_EQ(restart(file, file, {{"A", "0123456789abcdef"}}, {{"A", "fedcba9876543210"}}), expected);
  EXPECT_EQ(restart(file, literal, {{"A", "0123456789abcdef"}}), expected);
  EXPECT_EQ(restart(literal, file, {}, {{"A", "other-0123456789"}}), Texts{});
}

TEST(Differences, NameEverySettingThatAReloadChanges) {
  EXPECT_EQ(
      settings(
          "limits: {idle_timeout: 1s}\nlog: {modules: {http: debug, main: warn}}\n",
          "limits: {idle_timeout: 2s, headers: 5}\nlog: {modules: {main: error, log: off}, access: true}\n"
          "shutdown: {timeout: 1m}\nepochs: {hold_timeout: 1s}\n"),
      (Texts{"limits.idle_timeout: 1s -> 2s", "limits.headers: 100 -> 5", "log.modules.http: debug -> ",
             "log.modules.main: warn -> error", "log.modules.log:  -> off", "log.access: false -> true",
             "shutdown.timeout: 10s -> 1m", "epochs.hold_timeout: 2s -> 1s"}));
}

TEST(Differences, TellACanaryThatComesOrGoes) {
  const Texts expected = {"epochs.canary.errors:  -> 2%", "epochs.canary.requests:  -> 200",
                          "epochs.canary.timeout:  -> 10s", "epochs.canary.p99:  -> 2x"};
  EXPECT_EQ(settings("", "epochs: {canary: {errors: 2%}}\n"), expected);
  EXPECT_EQ(settings("epochs: {canary: {errors: 2%}}\n", "").size(), 4U);
}

TEST(Differences, CompareValuesAndNotTexts) {
  EXPECT_EQ(settings("limits: {idle_timeout: 60s, body_bytes: 1MiB, head_bytes: 16384}\n"
                     "epochs: {canary: {errors: 1.0%, p99: 2.0x}}\nlog: {output: ./a.log}\n",
                     "limits: {idle_timeout: 1m}\nepochs: {canary: {}}\nlog: {output: a.log}\n"),
            Texts{});
}

TEST(Differences, LeaveOutWhatIsComparedElsewhere) {
  EXPECT_EQ(
      settings("", "stores: {s: {plugin: memory}}\nthreads: 7\nlisten: [{unix: x}]\nadmin: {unix: y}\n"),
      Texts{});
}

TEST(Differences, HideWhatCameFromTheEnvironment) {
  const auto before = with("log: {output: \"${A}\"}\n", {{"A", "/one"}});
  const auto after = with("log: {output: /two}\n");
  const std::vector<SettingDifference> found = setting_differences(*before, *after);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].before, "***");
  EXPECT_EQ(found[0].after, "/two");
}

}  // namespace
}  // namespace evloom::config
