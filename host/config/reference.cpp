#include "config/reference.hpp"

#include "config/options.hpp"

namespace evloom::config {
namespace {

constexpr std::string_view kPreface = R"(# Configuration

One YAML file configures one host: `evloom run -c evloom.yaml`. This page is generated from the table of options in
`host/config/options.cpp`, as are the checks of the file and `config/evloom.schema.json`, which editors with a YAML
language server use; name it in the first line of a file:

    # yaml-language-server: $schema=evloom.schema.json

A file with a fault is refused, with every fault at once, and nothing is started:

    evloom.yaml:9:20: error: unknown key "handlr" in routes[0]
        9 |   - { path: "/", handlr: stats }
          |                  ^~~~~~
          = did you mean "handler"?

## How values are written

| Type | Written |
|---|---|
| integer | `42`, decimal, without quotes |
| number | `0.5` |
| boolean | `true` or `false` |
| duration | a whole number and a unit, `us`, `ms`, `s`, `m`, `h` or `d`: `250ms`, `10s` |
| size | bytes, or a whole number with `KiB`, `MiB` or `GiB`: `4096`, `64KiB` |
| address | `"127.0.0.1:9090"` or `"[::1]:9090"`; names such as `localhost` are not looked up |
| path | a relative one starts at the folder of the YAML file |
| file mode | octal: `0660` |
| percentage | `1%`, `0.5%` |
| factor | `2x`, `1.5x` |
| name | a letter, then letters, digits, `_`, `-`, `.`; at most 64 |
| string | anything else; a text that looks like a number, `true`, `false` or `null` needs quotes |

`${NAME}` in a value is replaced with the environment variable of that name, `${NAME:-default}` with the default where
the variable is not set or empty; `$${` is a literal `${`. Inside `{ }` and `[ ]` it needs quotes: `"${NAME}"`. The text
never becomes YAML structure, and messages show it as `***`: this is the place for secrets.

Tags, merge keys (`<<`) and several documents in one file are refused; anchors and aliases work. A file has at most
1 MiB, 50,000 keys and values, aliases followed, and 64 levels.
)";

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string code(std::string_view text) { return text.empty() ? std::string() : "`" + escape(text) + "`"; }

// The type as the table shows it: with what a list holds, and the words.
std::string type(const Schema& schema) {
  if (schema.kind == Kind::list && !schema.items.empty()) return "list of " + type(schema.items.front());
  if (schema.kind == Kind::map && !schema.values.empty()) return "map of " + type(schema.values.front());
  if (schema.kind == Kind::one_of) {
    std::string out;
    for (const Schema& alternative : schema.alternatives)
      out += (out.empty() ? "" : " or ") + type(alternative);
    return out;
  }
  std::string out = schema.kind == Kind::choice ? std::string() : std::string(kind_name(schema.kind));
  for (const std::string& word : schema.words) out += (out.empty() ? "" : ", ") + code(word);
  return out;
}

bool collection(const Schema& schema) { return schema.kind == Kind::list || schema.kind == Kind::map; }

std::string notes(const Schema& schema) {
  std::string out = schema.doc;
  const std::string bounds = range(schema);
  if (collection(schema) && !bounds.empty()) out += " Items: " + bounds + ".";
  if (!schema.needs.empty()) out += " Only with `" + schema.needs + "`.";
  if (!schema.together.empty()) out += " Together with `" + schema.together + "`.";
  if (schema.exclusive) out += " For one instance alone.";
  if (!schema.deprecated.empty()) out += " Deprecated: " + schema.deprecated + ".";
  if (!schema.example.empty()) out += " Example: " + code(schema.example) + ".";
  return out;
}

void row(const Schema& schema, const std::string& key, std::string& out) {
  const std::string fallback = schema.required ? "required" : code(schema.default_text);
  const std::string bounds = collection(schema) ? std::string() : range(schema);
  out += "| " + code(key) + " | " + type(schema) + " | " + fallback + " | " + bounds + " | " +
         escape(notes(schema)) + " |\n";
}

// Rows for all that stands below `schema`, whose own path is `at`.
void rows(const Schema& schema, const std::string& at, std::string& out) {
  const std::string prefix = at.empty() ? at : at + ".";
  for (const Schema& key : schema.keys) {
    row(key, prefix + key.name, out);
    rows(key, prefix + key.name, out);
  }
  for (const Schema& value : schema.values) {
    if (is_scalar(value.kind)) row(value, prefix + "NAME", out);
    rows(value, prefix + "NAME", out);
  }
  for (const Schema& item : schema.items) rows(item, at + "[]", out);
  for (const Schema& alternative : schema.alternatives) rows(alternative, at, out);
}

constexpr std::string_view kHeader = "\n| Key | Type | Default | Range | Meaning |\n|---|---|---|---|---|\n";

}  // namespace

std::string reference_page(std::span<const PluginSchema> plugins) {
  std::string out(kPreface);
  for (const Schema& section : host_schema().keys) {
    out += "\n## " + section.name + "\n\n" + section.doc;
    if (section.kind == Kind::map && section.max) out += " At most " + std::to_string(*section.max) + ".";
    if (section.required) out += " Required.";
    if (!section.default_text.empty() && section.kind == Kind::list) {
      out += " Default: " + code(section.default_text) + ".";
    }
    out += "\n";
    out += kHeader;
    if (is_scalar(section.kind)) row(section, section.name, out);
    rows(section, section.name, out);
  }
  for (const PluginSchema& plugin : plugins) {
    out += "\n## Plugin " + plugin.plugin + " (" + std::string(to_string(plugin.kind)) + ")\n";
    if (!plugin.options.doc.empty()) out += "\n" + plugin.options.doc + "\n";
    if (plugin.options.keys.empty() && plugin.options.values.empty()) {
      out += "\nNo options.\n";
      continue;
    }
    out += kHeader;
    rows(plugin.options, {}, out);
  }
  return out;
}

}  // namespace evloom::config
