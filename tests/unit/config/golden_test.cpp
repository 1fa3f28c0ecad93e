// Whole reports, as a person reads them.
#include <gtest/gtest.h>

#include "support.hpp"

namespace evloom::config {
namespace {

TEST(Report, ShowsEveryFaultAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(test::report(R"(threads: many
limits:
  head_timeout: 10
  headers: 500
stores:
  counters: { plugin: memory, timeout: 2 }
routes:
  - { path: "/", handlr: stats, store: counters }
  - { path: hello, handler: stats, store: countrs }
log: { level: inf }
)"),
            R"(e.yaml:1:10: error: threads: expected an integer from 1 to 256 or auto, found the string "many"
    1 | threads: many
      |          ^~~~
e.yaml:3:17: error: limits.head_timeout: expected a duration from 100ms to 1h, found the integer 10
    3 |   head_timeout: 10
      |                 ^~
      = a duration needs a unit: "10s", "10ms"
e.yaml:4:12: error: limits.headers: 500 is out of range; expected an integer from 1 to 128
    4 |   headers: 500
      |            ^~~
e.yaml:6:40: error: stores.counters.timeout: expected a duration from 1ms to 1h, found the integer 2
    6 |   counters: { plugin: memory, timeout: 2 }
      |                                        ^
      = a duration needs a unit: "2s", "2ms"
e.yaml:8:18: error: unknown key "handlr" in routes[0]
    8 |   - { path: "/", handlr: stats, store: counters }
      |                  ^~~~~~
      = did you mean "handler"?
e.yaml:9:13: error: routes[1].path: "hello" is not the path of a route
    9 |   - { path: hello, handler: stats, store: countrs }
      |             ^~~~~
      = a path begins with "/"
e.yaml:9:43: error: routes[1].store: unknown store "countrs"
    9 |   - { path: hello, handler: stats, store: countrs }
      |                                           ^~~~~~~
      = did you mean "counters"?
e.yaml:10:15: error: log.level: expected one of trace, debug, info, warn, error, off, found the string "inf"
   10 | log: { level: inf }
      |               ^~~
      = did you mean "info"?
)");
}

TEST(Report, OfAnEmptyFileNamesWhatIsMissing) {
  EXPECT_EQ(test::report(""), R"(e.yaml:1:1: error: missing key "routes"
    1 | 
      | ^
      = add routes: [{path: "/", handler: stats}]
)");
}

TEST(Report, OfASyntaxErrorHasPlaceAndRemedy) {
  EXPECT_EQ(test::report("log:\n\tlevel: info\n"),
            "e.yaml:2:7: error: YAML syntax: illegal map value\n"
            "    2 | \tlevel: info\n"
            "      | \t     ^\n"
            "      = indent with spaces: YAML allows no tab there\n");
  EXPECT_EQ(test::report("stores: { a: { plugin: redis, port: ${PORT} } }\n"),
            R"(e.yaml:1:38: error: YAML syntax: end of map flow not found
    1 | stores: { a: { plugin: redis, port: ${PORT} } }
      |                                      ^
      = inside { } or [ ] an environment variable needs quotes: "${NAME}"
)");
}

TEST(Report, OfADoubledKeySaysWhereTheFirstIs) {
  EXPECT_EQ(test::report(test::kValid + "threads: 1\nthreads: 2\n"),
            R"(e.yaml:3:1: error: key "threads" is doubled
    3 | threads: 2
      | ^~~~~~~
      = it stands already in line 2; remove one
)");
}

TEST(Report, OfAVariablePointsAtTheVariable) {
  EXPECT_EQ(test::report(test::kValid + "plugins: { path: [\"/a/${FIRST}/${SECOND}\"] }\n", {{"FIRST", "x"}}),
            R"(e.yaml:2:32: error: environment variable SECOND is not set
    2 | plugins: { path: ["/a/${FIRST}/${SECOND}"] }
      |                                ^~~~~~~~~
      = set it, or give a default: ${SECOND:-default}
)");
}

TEST(Report, MasksWhatCameFromTheEnvironment) {
  EXPECT_EQ(
      test::report(test::kValid + "threads: ${THREADS}\nwork: {threads: \"${WORK}\"}\n",
                   {{"THREADS", "hunter2"}, {"WORK", "4711"}}),
      R"(e.yaml:2:10: error: threads: expected an integer from 1 to 256 or auto, found *** (from the environment)
    2 | threads: ${THREADS}
      |          ^~~~~~~~~~
e.yaml:3:17: error: work.threads: *** is out of range; expected an integer from 1 to 64
    3 | work: {threads: "${WORK}"}
      |                 ^~~~~~~~~
)");
}

TEST(Report, CountsCharactersNotBytes) {
  EXPECT_EQ(test::report(test::kValid + "handlers: {a: {plugin: b, text: \"äöü€𝄞\"}, é: {}}\n"),
            "e.yaml:2:43: error: handlers: \"é\" is not a name\n"
            "    2 | handlers: {a: {plugin: b, text: \"äöü€𝄞\"}, é: {}}\n"
            "      |                                           ^\n"
            "      = a name begins with a letter\n");
}

TEST(Report, CutsLongLinesAroundTheCaret) {
  const std::string text = test::kValid + "plugins: {path: [" + std::string(300, 'a') + "], pth: 1, " +
                           "x: [" + std::string(300, 'b') + "]}\n";
  const std::string report = test::report(text);
  EXPECT_NE(report.find("e.yaml:2:321: error: unknown key \"pth\" in plugins\n"), std::string::npos)
      << report;
  EXPECT_NE(report.find("    2 | ...aaaa"), std::string::npos) << report;
  EXPECT_NE(report.find("bbbb...\n      |    " + std::string(50, ' ') + "^~~\n"), std::string::npos)
      << report;
}

TEST(Report, EndsAfterAHundredFaults) {
  std::string text = test::kValid;
  for (int i = 0; i < 250; ++i) text += "unknown" + std::to_string(i) + ": 1\n";
  const std::string report = test::report(text);
  EXPECT_TRUE(report.ends_with("and 150 more\n")) << report;
}

TEST(Report, ColoursOnlyOnRequest) {
  const LoadResult result = test::load("");
  EXPECT_EQ(render(result.diagnostics, false).find('\x1b'), std::string::npos);
  EXPECT_NE(render(result.diagnostics, true).find("\x1b[1;31merror: \x1b[0m"), std::string::npos);
}

TEST(Report, NamesWhatExcludesAndWhatIsNeeded) {
  EXPECT_EQ(test::report(R"(listen:
  - { http: "127.0.0.1:1", unix: s }
  - { backlog: 5 }
  - { http: localhost:80, mode: 0600 }
routes:
  - { path: /, builtin: live, formats: [text] }
)"),
            R"(e.yaml:2:28: error: listen[0]: the keys "http" and "unix" exclude each other
    2 |   - { http: "127.0.0.1:1", unix: s }
      |                            ^~~~
      = remove one of them
e.yaml:3:5: error: missing one of the keys "http" or "unix" in listen[1]
    3 |   - { backlog: 5 }
      |     ^
e.yaml:4:13: error: listen[2].http: "localhost:80" is not an address "HOST:PORT"
    4 |   - { http: localhost:80, mode: 0600 }
      |             ^~~~~~~~~~~~
      = names are not looked up: write "127.0.0.1:80" or "[::1]:80"
e.yaml:4:27: error: listen[2].mode goes only with the key "unix"
    4 |   - { http: localhost:80, mode: 0600 }
      |                           ^~~~
      = remove it, or add "unix"
e.yaml:6:31: error: routes[0].formats goes only with the key "handler"
    6 |   - { path: /, builtin: live, formats: [text] }
      |                               ^~~~~~~
      = remove it, or add "handler"
)");
}

}  // namespace
}  // namespace evloom::config
