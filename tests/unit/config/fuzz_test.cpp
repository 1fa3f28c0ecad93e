// Truncated and mutated files: an answer every time, never a crash, and never a Config beside an error.
#include <gtest/gtest.h>

#include <random>

#include "config/plugin_schema.hpp"
#include "support.hpp"

namespace evloom::config {
namespace {

const std::string kFile = R"(# comment é
threads: "${THREADS:-auto}"
listen:
  - { http: "127.0.0.1:9090", backlog: 10 }
  - { unix: run/s.sock, mode: 0600 }
plugins: { path: [a, 'b''c'] }
handlers: &anchor
  visits: { plugin: stats, text: "a\tb \u00e9 \"", list: [1, 2.5, true, ~] }
stores:
  counters:
    plugin: redis
    host: ${HOST:-127.0.0.1}
    text: |
      block
       text
    folded: >-
      a
      b
    timeout: 250ms
formats: [text, { plugin: json, name: pretty }]
routes:
  - { path: "/", methods: [GET, POST], handler: visits, store: counters, formats: [pretty] }
  - { path: "/u/{id}/*", handler: hello }
limits: { head_bytes: 8KiB, head_timeout: 1s }
log: { level: warn, modules: { http: debug } }
)";

void load_any(const std::string& text) {
  const LoadResult result = test::load(text, {{"SECRET", "x"}});
  ASSERT_NE(result.ok(), result.diagnostics.has_errors()) << text;
  const std::string report = render(result.diagnostics, true);
  for (const Diagnostic& found : result.diagnostics.list())
    ASSERT_TRUE(found.position.source) << text << report;
  if (result.ok() && dump(result.config->root).find("***") == std::string::npos) {
    const LoadResult again = test::load(dump(result.config->root));
    ASSERT_TRUE(again.ok()) << text << dump(result.config->root) << render(again.diagnostics, false);
  }
}

TEST(Fuzz, TheFileItselfIsValid) {
  const LoadResult result = test::load(kFile);
  EXPECT_TRUE(result.ok()) << render(result.diagnostics, false);
}

TEST(Fuzz, EveryTruncation) {
  for (std::size_t size = 0; size <= kFile.size(); ++size) load_any(kFile.substr(0, size));
}

TEST(Fuzz, EveryLineTakenOut) {
  for (std::size_t at = 0; at < kFile.size();) {
    const std::size_t end = kFile.find('\n', at) + 1;
    load_any(kFile.substr(0, at) + kFile.substr(end));
    at = end;
  }
}

TEST(Fuzz, RandomMutations) {
  std::mt19937 random(20240229);  // NOLINT: the same texts every time
  const std::string_view pieces[] = {
      "{",    "}",         "[",    "]",    ":",  ": ",   ",",     "- ",      "? ",          "\"",
      "'",    "|",         ">",    "#",    " #", "&a ",  "*a",    "*anchor", "!x ",         "!!str ",
      "<<: ", "\t",        "\n",   "\r\n", "\r", " ",    "---\n", "...\n",   "%YAML 1.2\n", "${",
      "${A",  "${SECRET}", "$${",  "}",    "~",  "null", "\\",    "\\x",     "\\u12",       "\x01",
      "\x7f", "\xff",      "\xc3", "é",    "0",  "-1",   "9e9",   "@"};
  const auto below = [&](std::size_t end) { return static_cast<std::size_t>(random()) % end; };
  for (int round = 0; round < 4000; ++round) {
    std::string text = kFile;
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
        case 0:
          text.insert(at, pieces[below(std::size(pieces))]);
          break;
        case 1:
          text.erase(at, 1 + below(8));
          break;
        case 2:
          text[at] = static_cast<char>(random());
          break;
        default:
          text.insert(at, text.substr(below(text.size()), below(40)));
          break;
      }
      if (text.empty()) text = "a";
    }
    load_any(text);
    if (HasFatalFailure()) return;
  }
}

TEST(Fuzz, SchemasOfPlugins) {
  const std::string schema =
      R"({"type":"object","description":"d","properties":{"a":{"type":"integer","minimum":1,"maximum":9,"default":5},)"
      R"("b":{"type":"string","enum":["x","y"],"default":"x"},"c":{"type":"array","items":{"type":"string",)"
      R"("format":"duration"},"default":["1s"]}},"required":["b"],"additionalProperties":false})";
  ASSERT_TRUE(parse_plugin_schema("p", InstanceKind::store, schema).ok());
  for (std::size_t size = 1; size < schema.size(); ++size) {
    EXPECT_FALSE(parse_plugin_schema("p", InstanceKind::store, schema.substr(0, size)).ok()) << size;
  }
  std::mt19937 random(7);  // NOLINT: the same texts every time
  for (int round = 0; round < 4000; ++round) {
    std::string text = schema;
    for (int change = 0; change < 2; ++change) {
      text[random() % text.size()] = "{}[]\":,0x-tfn\\\xff"[random() % 16];
    }
    (void)parse_plugin_schema("p", InstanceKind::store, text).ok();
  }
}

}  // namespace
}  // namespace evloom::config
