// ${NAME} and what became of it.
#include "config/environment.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "support.hpp"

namespace evloom::config {
namespace {

// The option `text` of a plugin, after variables were replaced.
Node option(const std::string& yaml, std::map<std::string, std::string> values = {}) {
  const LoadResult result = test::load(
      test::kValid + "handlers:\n  h:\n    plugin: p\n    text: " + yaml + "\n", std::move(values));
  EXPECT_TRUE(result.ok()) << render(result.diagnostics, false);
  return result.ok() ? result.config->instance("h")->options.get("text") : Node();
}

TEST(Environment, ReplacesVariablesAnywhereInAValue) {
  const std::map<std::string, std::string> values = {{"A", "one"}, {"B_2", "two"}, {"EMPTY", ""}};
  EXPECT_EQ(option("${A}", values).text(), "one");
  EXPECT_EQ(option("<${A}-${B_2}>", values).text(), "<one-two>");
  EXPECT_EQ(option("\"${A}\"", values).text(), "one");
  EXPECT_EQ(option("${NOT_SET:-some default}", values).text(), "some default");
  EXPECT_EQ(option("${NOT_SET:-}", values).text(), "");
  EXPECT_EQ(option("${EMPTY:-x}", values).text(), "x");
  EXPECT_EQ(option("${EMPTY}", values).text(), "");
  EXPECT_EQ(option("${A:-x}", values).text(), "one");
}

TEST(Environment, LeavesOtherDollarsAlone) {
  EXPECT_EQ(option("$A").text(), "$A");
  EXPECT_EQ(option("5$").text(), "5$");
  EXPECT_EQ(option("a$${A}b").text(), "a${A}b");
  EXPECT_EQ(option("$$").text(), "$$");
  EXPECT_FALSE(option("$${A}").secret());
}

TEST(Environment, NeverBecomesStructure) {
  const Node list = option("${A}", {{"A", "[1, 2]"}});
  EXPECT_TRUE(list.is_scalar());
  EXPECT_EQ(list.text(), "[1, 2]");
  EXPECT_EQ(option("${A}", {{"A", "x\nroutes: []\n# "}}).text(), "x\nroutes: []\n# ");
  EXPECT_EQ(option("${A}", {{"A", "*alias"}}).text(), "*alias");
  EXPECT_EQ(option("${A}", {{"A", "${B}"}, {"B", "no"}}).text(), "${B}");
}

TEST(Environment, MarksWhatIsSecret) {
  EXPECT_TRUE(option("x${A}", {{"A", "1"}}).secret());
  EXPECT_FALSE(option("${A:-public}").secret());
  EXPECT_EQ(dump(option("${A}", {{"A", "hunter2"}})), "\"***\"\n");
  EXPECT_EQ(describe(option("${A}", {{"A", "hunter2"}})), "*** (from the environment)");
  EXPECT_EQ(show(option("${A}", {{"A", "hunter2"}})), "***");
}

TEST(Environment, GivesTypedValues) {
  const LoadResult result = test::load(
      test::kValid +
          "threads: ${THREADS}\nlog: {access: \"${ACCESS}\"}\nlimits: {head_timeout: \"${T:-3s}\"}\n",
      {{"THREADS", "7"}, {"ACCESS", "true"}});
  ASSERT_TRUE(result.ok()) << render(result.diagnostics, false);
  EXPECT_EQ(result.config->threads, 7U);
  EXPECT_TRUE(result.config->log.access);
  EXPECT_EQ(result.config->limits.head_timeout, std::chrono::seconds(3));
}

TEST(Environment, IsRefusedWithThePlaceOfTheVariable) {
  const std::string text = test::kValid + "log:\n  output: a/${ONE}/${TWO:-x}/$${X}/${THREE}\n";
  const LoadResult result = test::load(text);
  ASSERT_EQ(result.diagnostics.list().size(), 2U) << render(result.diagnostics, false);
  EXPECT_EQ(result.diagnostics.list()[0].position.to_string(), "e.yaml:3:13");
  EXPECT_EQ(result.diagnostics.list()[0].message, "environment variable ONE is not set");
  EXPECT_EQ(result.diagnostics.list()[1].position.to_string(), "e.yaml:3:36");
  EXPECT_EQ(result.diagnostics.list()[1].message, "environment variable THREE is not set");
}

TEST(Environment, RefusesMalformedVariables) {
  for (const std::string bad :
       {"${", "${}", "${A", "${1A}", "${A-x}", "${A:x}", "${A:-x", "${A:-${B}}", "${A B}", "${é}"}) {
    const LoadResult result =
        test::load(test::kValid + "log: {output: \"" + bad + "\"}\n", {{"A", "1"}, {"B", "1"}});
    ASSERT_EQ(result.diagnostics.list().size(), 1U) << bad;
    EXPECT_EQ(result.diagnostics.list().front().message, "malformed environment variable") << bad;
    EXPECT_EQ(result.diagnostics.list().front().position.to_string(), "e.yaml:2:16") << bad;
  }
}

TEST(Environment, BoundsAValue) {
  const LoadResult result =
      test::load(test::kValid + "log: {output: \"${A}\"}\n", {{"A", std::string(70'000, 'x')}});
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.diagnostics.list().front().message.find("longer than 65536 bytes"), std::string::npos);
}

TEST(Environment, OfAKeyIsLeftAlone) {
  const std::string report = test::report(test::kValid + "\"${A}\": 1\n", {{"A", "threads"}});
  EXPECT_NE(report.find("unknown key \"${A}\""), std::string::npos) << report;
}

TEST(Environment, OfTheProcess) {
  ASSERT_EQ(setenv("EVLOOM_TEST_VARIABLE", "here", 1), 0);
  EXPECT_EQ(process_environment()("EVLOOM_TEST_VARIABLE"), "here");
  ASSERT_EQ(unsetenv("EVLOOM_TEST_VARIABLE"), 0);
  EXPECT_EQ(process_environment()("EVLOOM_TEST_VARIABLE"), std::nullopt);
}

}  // namespace
}  // namespace evloom::config
