// Schema: what a value may be, with its documentation. The host's own options (options.hpp) and the options
// of a plugin (plugin_schema.hpp) are both Schemas; the validator, the JSON Schema and the reference page
// know nothing else. Any thread; a plain value, immutable once built.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/node.hpp"

namespace evloom::config {

struct Schema {
  Kind kind = Kind::any;
  std::string name;          // the key it is the value of; of an alternative, its label; else empty
  std::string doc;           // one or two sentences
  std::string deprecated;    // what to write instead; empty: not deprecated
  std::string example;       // YAML; empty: none
  std::string default_text;  // YAML; empty: none
  Node fallback;             // default_text, parsed and valid; none: no default
  bool required = false;
  bool optional = false;   // of a map: where it is absent it stays so, without the defaults of its keys
  bool secret = false;     // never shown, wherever it came from
  bool exclusive = false;  // of a path: who opens it must be alone (plugin_schema.hpp)

  // Bounds of the value of an integer, duration or size; of the bytes of a string or path; of the items of a
  // list or map.
  std::optional<std::int64_t> min;
  std::optional<std::int64_t> max;
  // Bounds of a number, percentage or factor.
  std::optional<double> min_number;
  std::optional<double> max_number;

  // Of a choice: its words. Of any other scalar: words that may stand in place of it ("auto").
  std::vector<std::string> words;

  // Of a map.
  std::vector<Schema> keys;              // in the order of the reference page
  std::vector<Schema> values;            // none or one: what the keys that the user names hold
  bool open = false;                     // keys that are not listed are kept as they are
  std::vector<std::string> exactly_one;  // of these keys exactly one must be there
  // Of a key in a map: the key without which this one has no meaning; empty: none.
  std::string needs;
  // Of a key in a map: the key that must stand beside this one; empty: none.
  std::string together;

  std::vector<Schema> items;         // of a list: one
  std::vector<Schema> alternatives;  // of one_of: differing in shape (scalar, list, map)

  // The key of that name, or null.
  const Schema* key(std::string_view wanted) const;
  std::vector<std::string> key_names() const;
};

bool is_scalar(Kind kind);

// "integer", "duration", … as the pages call it.
std::string_view kind_name(Kind kind);

// What is accepted, for messages and pages: "an integer from 1 to 128", "one of a, b", "a duration such as
// 10s".
std::string expectation(const Schema& schema);
// The bounds alone: "1 to 128", "at least 1"; empty if there are none.
std::string range(const Schema& schema);

// Parses `schema.default_text` into `schema.fallback`, for the whole tree, and checks that each default is
// valid. The error names the key.
Status fill_defaults(Schema& schema);

}  // namespace evloom::config
