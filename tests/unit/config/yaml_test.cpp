// What a file may be made of: everything that is refused before its meaning is looked at.
#include "config/yaml.hpp"

#include <gtest/gtest.h>

#include "support.hpp"

namespace evloom::config {
namespace {

struct Parsed {
  Node node;
  Diagnostics diagnostics;
  std::string first() const {
    if (diagnostics.list().empty()) return "";
    return diagnostics.list().front().position.to_string() + ": " + diagnostics.list().front().message;
  }
};

Parsed parse(std::string text) {
  Parsed parsed;
  parsed.node = parse_yaml(std::make_shared<const Source>("y", std::move(text), "/"), parsed.diagnostics);
  return parsed;
}

TEST(Yaml, KeepsTextStyleAndPlaceOfEveryNode) {
  const Parsed parsed = parse("a: one\nb: [ 2, \"3\", 'x' ]\nc:\n  d: |\n    text\n    more\n");
  ASSERT_FALSE(parsed.diagnostics.has_errors()) << parsed.first();
  const Node& root = parsed.node;
  EXPECT_EQ(root.get("a").text(), "one");
  EXPECT_TRUE(root.get("a").plain());
  EXPECT_EQ(root.get("a").position().to_string(), "y:1:4");
  EXPECT_EQ(root.get("b").items().size(), 3U);
  EXPECT_EQ(root.get("b").items()[1].position().to_string(), "y:2:9");
  EXPECT_FALSE(root.get("b").items()[1].plain());
  EXPECT_EQ(root.get("c").get("d").text(), "text\nmore\n");
  EXPECT_EQ(root.entries()[2].position.to_string(), "y:3:1");
  EXPECT_EQ(root.get("nothing").type(), Node::Type::none);
  EXPECT_EQ(root.weight(), 8U);
}

TEST(Yaml, PutsAKeyWithoutAValueInItsOwnLine) {
  const Parsed parsed = parse("a:\n  b:\n  c: 1\n");
  EXPECT_EQ(parsed.node.get("a").get("b").type(), Node::Type::null);
  EXPECT_EQ(parsed.node.get("a").get("b").position().to_string(), "y:2:3");
}

TEST(Yaml, TakesAByteOrderMarkAndWindowsLineEnds) {
  const Parsed parsed = parse(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: 2\r\n");
  ASSERT_FALSE(parsed.diagnostics.has_errors()) << parsed.first();
  EXPECT_EQ(parsed.node.get("a").position().to_string(), "y:1:4");
  EXPECT_EQ(parsed.node.get("b").position().to_string(), "y:2:4");
  EXPECT_EQ(parsed.node.get("b").text(), "2");
}

TEST(Yaml, FollowsAliases) {
  const Parsed parsed = parse("a: &x {k: 1}\nb: *x\n");
  ASSERT_FALSE(parsed.diagnostics.has_errors()) << parsed.first();
  EXPECT_TRUE(parsed.node.get("a").same(parsed.node.get("b")));
}

TEST(Yaml, RefusesWithPlace) {
  const std::pair<std::string, std::string> rows[] = {
      {"a: 1\nb: 2\na: 3\n", "y:3:1: key \"a\" is doubled"},
      {"a: 1\n\"a\": 3\n", "y:2:1: key \"a\" is doubled"},
      {"x: {b: 1, c: 2, b: 3}\n", "y:1:17: key \"b\" is doubled"},
      {"a: !!str 5\n", "y:1:4: tags (such as !!str) are not supported"},
      {"a: !secret x\n", "y:1:4: tags (such as !!str) are not supported"},
      {"a: !m {b: 1}\n", "y:1:4: tags (such as !!str) are not supported"},
      {"a: &x {k: 1}\nb:\n  <<: *x\n", "y:3:3: merge keys (<<) are not supported"},
      {"? [a, b]\n: 1\n", "y:1:3: a key must be a name, not a list or a map"},
      {"? {a: b}\n: 1\n", "y:1:3: a key must be a name, not a list or a map"},
      {"{a: 1, : 2}\n", "y:1:8: a key without a name"},
      {"a: &x k\n*x : 2\n", "y:2:1: an alias cannot be a key"},
      {"a: &x [*x]\n", "y:1:8: this alias refers to the value it is in"},
      {"a: *nothing\n", "y:1:4: YAML syntax: the referenced anchor is not defined"},
      {"a: 1\n---\nb: 2\n", "y:2:1: a second document in one file"},
      {"a: 1\n...\n---\n", "y:3:1: a second document in one file"},
      {"a: \"open\nb: 2\n", "y:1:4: this quote is never closed"},
      {"a: 'it''s open\n", "y:1:4: this quote is never closed"},
      {"a: [1, 2\n", ""},
      {"a: b: c\n", "y:1:5: YAML syntax: illegal map value"},
      {"a: @x\n", "y:1:4: YAML syntax: unknown token"},
      {"a: 1\n]\n", "y:2:1: YAML syntax: illegal flow end"},
      {"a:\n  b: 1\n \tc: 2\n", "y:3:2: YAML syntax: illegal tab when looking for indentation"},
      {std::string("a: 1\nb\0: 2\n", 11), "y:2:2: control character 0x00 in the file"},
      {"a: \"x\x04\"\nb: 1\n", "y:1:6: control character 0x04 in the file"},
      {"a: 1\rb: 2\n", "y:1:5: control character 0x0d in the file"},
      {"a: \"\\0\"\n", "y:1:4: a NUL byte in a value"},
      {"\"\\0\": 1\n", "y:1:1: a NUL byte in a key"},
      {"ok: é\nb: \xff\n", "y:2:4: the file is not valid UTF-8 here"},
      {"b: \xc0\xaf\n", "y:1:4: the file is not valid UTF-8 here"},
      {"b: \xed\xa0\x80\n", "y:1:4: the file is not valid UTF-8 here"},
      {"b: \xe2\x82", "y:1:4: the file is not valid UTF-8 here"},
      {std::string("\xff\xfe"
                   "a\0:\0",
                   6),
       "y:1:1: the file is not valid UTF-8 here"},
  };
  for (const auto& [text, expected] : rows) {
    const Parsed parsed = parse(text);
    EXPECT_TRUE(parsed.diagnostics.has_errors()) << text;
    if (!expected.empty()) {
      EXPECT_EQ(parsed.first(), expected) << text;
    }
  }
}

TEST(Yaml, AcceptsWhatItMustNotMistakeForAFault) {
  for (const std::string text : {"a: 'it''s'\n", "a: \"q \\\" q\"\n", "a: \"two\n  lines\"\n",
                                 "a: |\n  \"open\n", "a: x\"y\n", "# \"open\na: 1\n", "a: >\n  '\n",
                                 "--- \na: 1\n", "a: 1\n...\n", "a: {}\nb: []\n", "'a': 1\n", "a: ! x\n"}) {
    EXPECT_FALSE(parse(text).diagnostics.has_errors()) << text << parse(text).first();
  }
}

TEST(Yaml, BoundsDepth) {
  for (const std::string open : {"[", "{a: ", "- ", "? ", "[{a: "}) {
    for (const std::size_t levels : {kMaxDepth + 1, std::size_t{1000}, std::size_t{50'000}}) {
      std::string text;
      for (std::size_t i = 0; i < levels; ++i) text += open;
      EXPECT_TRUE(parse(text).diagnostics.has_errors()) << open << levels;
    }
  }
  EXPECT_EQ(parse(std::string(kMaxDepth + 1, '[') + std::string(kMaxDepth + 1, ']')).first(),
            "y:1:65: nested more than 64 levels deep");
  EXPECT_FALSE(parse(std::string(kMaxDepth, '[') + std::string(kMaxDepth, ']')).diagnostics.has_errors());
}

TEST(Yaml, BoundsNodesThroughAliases) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    const std::string name = "a" + std::to_string(i);
    laughs += name + ": &" + name + " [" + before;
    for (int j = 1; j < 10; ++j) laughs += ", " + before;
    laughs += "]\n";
  }
  EXPECT_EQ(parse(laughs).first(), "y:5:25: more than 50000 values, aliases followed");

  std::string deep = "a0: &a0 x\n";
  for (int i = 1; i < 100; ++i) {
    deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  EXPECT_NE(parse(deep).first().find("nested more than 64 levels deep"), std::string::npos)
      << parse(deep).first();
}

TEST(Yaml, BoundsNodesAndBytes) {
  std::string many = "[";
  for (std::size_t i = 0; i <= kMaxNodes; ++i) many += "1,";
  EXPECT_NE(parse(many + "]").first().find("more than 50000 values"), std::string::npos);
  EXPECT_EQ(parse(std::string(kMaxFileBytes + 1, '#')).first(), "y: the file is larger than 1048576 bytes");
  EXPECT_FALSE(parse(std::string(kMaxFileBytes, '#')).diagnostics.has_errors());
}

TEST(Yaml, AnswersSoonOnHostileTexts) {
  const std::size_t size = kMaxFileBytes / 8;
  for (const std::string piece :
       {"\"",  "'",  "a: ", "!a ",        "&a ", "%",  "[a, ", "{", "- - ",  "|\n",     ">\n ",
        "a\n", ": ", ", ",  "? a\n: b\n", "#",   "\n", "*a ",  "`", "---\n", "a: &a\n", "key: v\n"}) {
    std::string text;
    while (text.size() < size) text += piece;
    parse(text);
    parse("a: " + text);
    parse("a: \"" + text);
  }
}

TEST(Yaml, OfManyDoubledKeysReportsOnlySome) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "a: 1\n";
  const Parsed parsed = parse(text);
  EXPECT_EQ(parsed.diagnostics.list().size(), Diagnostics::kMaxKept);
  EXPECT_EQ(parsed.diagnostics.dropped(), 20'000U - 1 - Diagnostics::kMaxKept);
}

TEST(Dump, ReadsBackAsTheSameTree) {
  const std::string text =
      "a: 1\nb: \"1\"\nc: [x, [], {}, {d: e, f: [1, 2]}, [3, [4]]]\n\"odd key: #\": \"line\\nline "
      "\\\"\\x01\"\n"
      "t: \"true\"\nn: \"\"\nu: é\nminus: \"-\"\n";
  const Parsed first = parse(text);
  ASSERT_FALSE(first.diagnostics.has_errors()) << first.first();
  const Parsed again = parse(dump(first.node));
  ASSERT_FALSE(again.diagnostics.has_errors()) << dump(first.node) << again.first();
  EXPECT_TRUE(first.node.equal(again.node)) << dump(first.node);
  EXPECT_EQ(dump(first.node), dump(again.node));
}

}  // namespace
}  // namespace evloom::config
