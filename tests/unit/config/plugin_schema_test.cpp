// The schema that a plugin carries, and the options checked against it.
#include "config/plugin_schema.hpp"

#include <gtest/gtest.h>

#include "config/json_schema.hpp"
#include "config/reference.hpp"
#include "config/validate.hpp"
#include "support.hpp"

namespace evloom::config {
namespace {

const std::string kRedis = R"({
  "type": "object",
  "description": "Counters in Redis.",
  "properties": {
    "host": { "type": "string", "default": "127.0.0.1", "description": "Where Redis is." },
    "port": { "type": "integer", "minimum": 1, "maximum": 65535, "default": 6379, "description": "Its port." },
    "password": { "type": "string", "description": "For AUTH." },
    "prefix": { "type": "string", "maxLength": 8, "default": "" },
    "connect_timeout": { "type": "string", "format": "duration", "minimum": "1ms", "maximum": "1m", "default": "1s" },
    "buffer": { "type": "string", "format": "size", "maximum": "1MiB", "default": "64KiB" },
    "data": { "type": "string", "format": "path", "default": "data" },
    "peer": { "type": "string", "format": "address" },
    "mode": { "enum": ["fast", "safe"], "type": "string", "default": "safe" },
    "ratio": { "type": "number", "minimum": 0, "maximum": 1, "default": 0.5 },
    "tls": { "type": "boolean", "default": false },
    "old": { "type": "boolean", "deprecated": true },
    "tags": { "type": "array", "items": { "type": "string" }, "maxItems": 2, "default": ["x"] },
    "nested": { "type": "object", "properties": { "depth": { "type": "integer", "default": 3 } } },
    "db": { "type": "integer", "minimum": 0 }
  },
  "required": ["db"]
})";

PluginSchema redis() {
  Result<PluginSchema> schema = parse_plugin_schema("redis", InstanceKind::store, kRedis);
  EXPECT_TRUE(schema.ok()) << (schema.ok() ? "" : schema.error().message);
  return std::move(schema).value();
}

struct Checked {
  Node options;
  Diagnostics diagnostics;
  std::shared_ptr<const Config> config;
};

// Options of a store, in flow style, as the host checks them once it knows the plugin.
Checked check(const std::string& options, std::map<std::string, std::string> values = {}) {
  const LoadResult result =
      test::load(test::kValid + "stores: {counters: {plugin: redis, " + options + "}}\n", std::move(values));
  EXPECT_TRUE(result.ok()) << render(result.diagnostics, false);
  Checked checked;
  checked.config = result.config;
  const Instance* instance = result.config->instance("counters");
  checked.options = validate(redis().options, instance->options, checked.diagnostics, instance->where());
  return checked;
}

TEST(PluginSchema, FillsDefaultsWithTypes) {
  const Checked checked = check("db: 2");
  ASSERT_FALSE(checked.diagnostics.has_errors()) << render(checked.diagnostics, false);
  const Node& options = checked.options;
  EXPECT_EQ(options.get("db").integer(), 2);
  EXPECT_EQ(options.get("db").kind(), Kind::integer);
  EXPECT_EQ(options.get("db").position().to_string(), "e.yaml:2:40");
  EXPECT_EQ(options.get("host").text(), "127.0.0.1");
  EXPECT_TRUE(options.get("host").is_default());
  EXPECT_EQ(options.get("host").position().to_string(), "e.yaml:2:20");
  EXPECT_EQ(options.get("port").integer(), 6379);
  EXPECT_EQ(options.get("connect_timeout").duration(), std::chrono::seconds(1));
  EXPECT_EQ(options.get("buffer").integer(), 65536);
  EXPECT_EQ(options.get("data").text(), "/etc/evloom/data");
  EXPECT_EQ(options.get("mode").text(), "safe");
  EXPECT_EQ(options.get("ratio").number(), 0.5);
  EXPECT_FALSE(options.get("tls").boolean());
  EXPECT_EQ(options.get("tags").items()[0].text(), "x");
  EXPECT_EQ(options.get("nested").get("depth").integer(), 3);
  EXPECT_EQ(options.get("password").type(), Node::Type::none);
}

TEST(PluginSchema, RefusesWithTheSameMessagesAsTheHostsOptions) {
  const Checked checked = check(R"(prot: 1,
  port: 70000,
  connect_timeout: 5,
  tls: yes, nested: {dept: 1},
  tags: [1, b],
  ratio: 2)");
  EXPECT_EQ(render(checked.diagnostics, false),
            R"(e.yaml:2:20: error: missing key "db" in stores.counters
    2 | stores: {counters: {plugin: redis, prot: 1,
      |                    ^
      = add db: ...
e.yaml:2:36: error: unknown key "prot" in stores.counters
    2 | stores: {counters: {plugin: redis, prot: 1,
      |                                    ^~~~
      = did you mean "port"?
e.yaml:3:9: error: stores.counters.port: 70000 is out of range; expected an integer from 1 to 65535
    3 |   port: 70000,
      |         ^~~~~
e.yaml:4:20: error: stores.counters.connect_timeout: expected a duration from 1ms to 1m, found the integer 5
    4 |   connect_timeout: 5,
      |                    ^
      = a duration needs a unit: "5s", "5ms"
e.yaml:5:8: error: stores.counters.tls: expected true or false, found the string "yes"
    5 |   tls: yes, nested: {dept: 1},
      |        ^~~
      = write true
e.yaml:5:22: error: unknown key "dept" in stores.counters.nested
    5 |   tls: yes, nested: {dept: 1},
      |                      ^~~~
      = did you mean "depth"?
e.yaml:6:10: error: stores.counters.tags[0]: expected a string, found the integer 1
    6 |   tags: [1, b],
      |          ^
      = put it in quotes: "1"
e.yaml:7:10: error: stores.counters.ratio: 2 is out of range; expected a number from 0 to 1
    7 |   ratio: 2}}
      |          ^
)");
}

TEST(PluginSchema, NeverShowsASecret) {
  const Checked checked = check(
      "db: \"${A}\", password: \"${A}\", prefix: \"${A}\", port: \"${A}\", mode: \"${A}\", connect_timeout: "
      "\"${A}\", tls: \"${A}\", ratio: \"${A}\", peer: \"${A}\"",
      {{"A", "4711swordfish"}});
  const std::string report = render(checked.diagnostics, false);
  EXPECT_EQ(report.find("4711"), std::string::npos) << report;
  EXPECT_EQ(checked.diagnostics.list().size(), 8U) << report;
  EXPECT_EQ(checked.options.get("password").text(), "4711swordfish");
  EXPECT_TRUE(checked.options.get("password").secret());
}

TEST(PluginSchema, WarnsOfDeprecatedOptions) {
  const Checked checked = check("db: 1, old: true");
  EXPECT_FALSE(checked.diagnostics.has_errors());
  ASSERT_EQ(checked.diagnostics.list().size(), 1U);
  EXPECT_NE(render(checked.diagnostics, false).find("warning: stores.counters.old is deprecated"),
            std::string::npos);
}

const std::string kExclusive = R"({
  "type": "object",
  "properties": {
    "data": { "type": "string", "format": "path", "exclusive": true },
    "again": { "type": "string", "format": "path", "exclusive": true, "default": "data/./" },
    "log": { "type": "string", "format": "path", "exclusive": false, "default": "log" },
    "plain": { "type": "string", "format": "path", "default": "data" },
    "nested": { "type": "object", "properties": {
      "wal": { "type": "string", "format": "path", "exclusive": true, "default": "a/../wal/" } } },
    "more": { "type": "array", "items": { "type": "string", "format": "path", "exclusive": true } },
    "named": { "type": "object", "additionalProperties": { "type": "string", "format": "path", "exclusive": true } }
  }
})";

struct Exclusive {
  Schema schema;
  Node options;
};

Exclusive exclusive(const std::string& options) {
  Result<PluginSchema> schema = parse_plugin_schema("files", InstanceKind::store, kExclusive);
  EXPECT_TRUE(schema.ok()) << schema.error().message;
  const LoadResult result =
      test::load(test::kValid + "stores: {counters: {plugin: files, " + options + "}}\n");
  Diagnostics diagnostics;
  Node values =
      validate(schema->options, result.config->instance("counters")->options, diagnostics, "stores.counters");
  EXPECT_FALSE(diagnostics.has_errors()) << render(diagnostics, false);
  return {schema->options, std::move(values)};
}

TEST(PluginSchema, TellsTheExclusivePaths) {
  const Exclusive given = exclusive("data: data/, more: [/x//y/, ../z], named: {a: /n}");
  EXPECT_EQ(exclusive_paths(given.schema, given.options),
            (std::vector<std::string>{"/etc/evloom/data", "/x/y", "/etc/z", "/n", "/etc/evloom/wal"}));
  EXPECT_EQ(exclusive_paths(exclusive("data: /").schema, exclusive("data: /").options).front(), "/");
  EXPECT_TRUE(exclusive_paths(redis().options, check("db: 1").options).empty());
}

TEST(PluginSchema, PutsScratchInPlaceOfExclusivePaths) {
  const Exclusive given = exclusive("data: data/, more: [/x], named: {a: /n}");
  const Node scratch = with_scratch(given.schema, given.options, "/tmp/s");
  const std::vector<std::string> paths = exclusive_paths(given.schema, scratch);
  ASSERT_EQ(paths.size(), 4U);
  for (const std::string& path : paths) EXPECT_TRUE(path.starts_with("/tmp/s/")) << path;
  EXPECT_EQ(scratch.get("data").text(), scratch.get("again").text());
  EXPECT_NE(scratch.get("data").text(), scratch.get("nested").get("wal").text());
  EXPECT_EQ(scratch.get("log").text(), "/etc/evloom/log");
  EXPECT_EQ(scratch.get("plain").text(), "/etc/evloom/data");
  EXPECT_EQ(scratch.get("data").position().to_string(), given.options.get("data").position().to_string());
  EXPECT_EQ(given.options.get("data").text(), "/etc/evloom/data/") << "the original has changed";
}

TEST(PluginSchema, MayBeEmpty) {
  const Result<PluginSchema> none = parse_plugin_schema("hello", InstanceKind::handler, "");
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->options.keys.empty());
  Diagnostics diagnostics;
  const LoadResult result =
      test::load("handlers: {h: {plugin: hello, x: 1}}\nroutes: [{path: /, handler: h}]\n");
  validate(none->options, result.config->instance("h")->options, diagnostics, "handlers.h");
  EXPECT_EQ(diagnostics.list().front().message, "unknown key \"x\" in handlers.h");
}

TEST(PluginSchema, IsRefusedWithPlaceAndRemedy) {
  const std::pair<std::string, std::string> rows[] = {
      {R"({"type": "string"})", "at /type: the options of a plugin are an object"},
      {R"({"properties": {}})", ": the keyword \"type\" is missing"},
      {R"([])", ": an object is needed"},
      {R"({"type": "object", "properites": {}})",
       ": unknown keyword \"properites\"; did you mean \"properties\"?"},
      {R"({"type": "object", "properties": {"a": {"type": "strin"}}})",
       "at /properties/a/type: unknown type \"strin\""},
      {R"({"type": "object", "properties": {"a": 5}})", "at /properties/a: an object is needed"},
      {R"({"type": "object", "properties": {"a b": {"type": "string"}}})", "this is no name of an option"},
      {R"({"type": "object", "properties": {"plugin": {"type": "string"}}})",
       "the host has an option of this name for each store"},
      {R"({"type": "object", "properties": {"timeout": {"type": "string"}}})",
       "the host has an option of this name for each store"},
      {R"({"type": "object", "properties": {"a": {"type": "string", "format": "date"}}})",
       "unknown format \"date\""},
      {R"({"type": "object", "properties": {"a": {"type": "string", "enum": []}}})",
       "at /properties/a/enum: an array of strings"},
      {R"({"type": "object", "properties": {"a": {"type": "string", "enum": [1]}}})",
       "at /properties/a/enum: a string is needed"},
      {R"({"type": "object", "properties": {"a": {"type": "integer", "minimum": "x"}}})",
       "at /properties/a/minimum: an integer is needed"},
      {R"({"type": "object", "properties": {"a": {"type": "integer", "maximum": 18446744073709551615}}})",
       "does not fit in 64 bits"},
      {R"({"type": "object", "properties": {"a": {"type": "string", "format": "duration", "minimum": "5"}}})",
       "\"5\" is no duration"},
      {R"({"type": "object", "properties": {"a": {"type": "integer", "maximum": 5, "default": 6}}})",
       "the default of a is not valid"},
      {R"({"type": "object", "properties": {"a": {"type": "integer", "default": "6"}}})",
       "the default of a is not valid"},
      {R"({"type": "object", "properties": {"a": {"type": "string", "exclusive": true}}})",
       "at /properties/a/exclusive: only a string of format path can be exclusive"},
      {R"({"type": "object", "properties": {"a": {"type": "string", "format": "path", "exclusive": 1}}})",
       "at /properties/a/exclusive: true or false is needed"},
      {R"({"type": "object", "required": ["a"]})", "at /required: \"a\" is not among the properties"},
      {R"({"type": "object", )", ": [json.exception.parse_error"},
      {std::string(kMaxSchemaBytes + 1, ' '), ": larger than 262144 bytes"},
  };
  for (const auto& [text, message] : rows) {
    const Result<PluginSchema> schema = parse_plugin_schema("p", InstanceKind::store, text);
    ASSERT_FALSE(schema.ok()) << text;
    EXPECT_NE(schema.error().message.find(message), std::string::npos) << schema.error().message;
    EXPECT_EQ(schema.error().message.find("schema of the plugin \"p\""), 0U);
  }
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += R"({"type":"array","items":)";
  EXPECT_FALSE(parse_plugin_schema("p", InstanceKind::store, deep).ok());
  for (int i = 0; i < 10'000; ++i) deep += i == 0 ? R"({"type":"string"}})" : "}";
  EXPECT_FALSE(parse_plugin_schema("p", InstanceKind::store, deep).ok());
  EXPECT_FALSE(parse_plugin_schema("p", InstanceKind::store, std::string(200'000, '[')).ok());
}

TEST(PluginSchema, IsInTheJsonSchemaAndOnTheReferencePage) {
  const std::vector<PluginSchema> plugins = {redis()};
  const std::string json = json_schema(plugins);
  EXPECT_NE(json.find(R"("const": "redis")"), std::string::npos);
  EXPECT_NE(json.find("Where Redis is."), std::string::npos);
  const std::string page = reference_page(plugins);
  EXPECT_NE(page.find("## Plugin redis (store)\n\nCounters in Redis.\n"), std::string::npos);
  EXPECT_NE(page.find("| `port` | integer | `6379` | 1 to 65535 | Its port. |"), std::string::npos) << page;
  EXPECT_NE(page.find("| `nested.depth` | integer | `3` |"), std::string::npos);
}

}  // namespace
}  // namespace evloom::config
