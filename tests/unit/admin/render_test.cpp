// Tables, units and what the renderings do with answers that are not what they expect.
#include "cli/render.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/units.hpp"

namespace evloom::cli {
namespace {

using Json = nlohmann::ordered_json;

TEST(Units, TellDurations) {
  EXPECT_EQ(duration_text(0), "<1 ms");
  EXPECT_EQ(duration_text(499), "<1 ms");
  EXPECT_EQ(duration_text(500), "1 ms");
  EXPECT_EQ(duration_text(143'210), "143 ms");
  EXPECT_EQ(duration_text(999'499), "999 ms");
  EXPECT_EQ(duration_text(999'500), "1.0 s");
  EXPECT_EQ(duration_text(59'949'999), "59.9 s");
  EXPECT_EQ(duration_text(60'000'000), "1m 00s");
  EXPECT_EQ(duration_text(3'600'000'000), "1h 00m");
  EXPECT_EQ(duration_text(90'000'000'000), "1d 1h");
}

TEST(Units, TellTimes) {
  EXPECT_EQ(time_text("2026-11-23T07:04:43.210276Z"), "2026-11-23 07:04:43Z");
  EXPECT_EQ(time_text("soon"), "soon");
}

TEST(Table, AlignsByCharactersAndLeavesNoBlanksAtTheEnd) {
  Table table({Align::left, Align::right, Align::left});
  table.add({"é", "1", "x"});
  table.add({"abc", "100"});
  table.add({"", "", "y"});
  EXPECT_EQ(table.text({}, "  "),
            "  é      1  x\n"
            "  abc  100\n"
            "            y\n");
}

TEST(Table, ColoursDoNotCountAsWidth) {
  Table table({Align::left, Align::left});
  table.add({{"a", Colour::red}, "b"});
  table.add({"abc", "d"});
  EXPECT_EQ(table.text({true}), "\x1b[31ma\x1b[0m    b\nabc  d\n");
}

TEST(Render, SaysOnceWhatBothValuesBeginWith) {
  EXPECT_EQ(transition_text("stats 1.0 build a1 sha256 b", "stats 1.0 build a2 sha256 c (swapped)"),
            "stats 1.0 build a1 sha256 b -> a2 sha256 c (swapped)");
  EXPECT_EQ(transition_text("60s", "30s"), "60s -> 30s");
  EXPECT_EQ(transition_text("a b", "a b c"), "a b -> b c");
  EXPECT_EQ(transition_text("", "new"), "new");
  EXPECT_EQ(transition_text("old", ""), "old");
}

TEST(Render, TakesWhatAHostOfAnotherVersionSays) {
  for (const char* body : {"{}", R"({"epochs": 7, "instances": null, "change": [], "uptime_us": "x"})",
                           R"({"changes": [{}], "differences": [{}, 1, "x"], "steps": {}, "warnings": [1]})",
                           R"({"change": {"outcome": "new word", "steps": [7]}})"}) {
    const Json json = Json::parse(body);
    for (const bool colours : {false, true}) {
      const Style style{colours};
      EXPECT_TRUE(render_status(json, style).ends_with('\n')) << body;
      EXPECT_TRUE(render_change(json, style).ends_with('\n')) << body;
      EXPECT_TRUE(render_history(json, style).ends_with('\n')) << body;
      EXPECT_TRUE(render_plan(json, style).ends_with('\n')) << body;
    }
    EXPECT_EQ(render_progress(json).find('\n'), std::string::npos) << body;
  }
}

TEST(Render, KeepsControlCharactersFromTheTerminal) {
  const Json plan = {
      {"differences", {{{"sign", "+"}, {"kind", "route"}, {"name", "/\x1b[2J"}, {"after", "x\r\ay"}}}}};
  EXPECT_EQ(render_plan(plan, {}), "+  route  /?[2J  x??y\n");
}

}  // namespace
}  // namespace evloom::cli
