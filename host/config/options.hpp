// The host's own options, as one table. Everything that must agree with it is made from it: the validator,
// the JSON Schema (json_schema.hpp), the reference page (reference.hpp) and the tests of every key. [any]
#pragma once

#include <span>

#include "config/schema.hpp"

namespace evloom::config {

// One row of the table: an option and where it stands. Empty texts mean "none".
struct Option {
  // `a.b` the key b of the map a; `a[]` an item of the list a; `a.*` the value of a key that the user names;
  // `a<x>` one of the shapes that a may have. A row follows that of its parent.
  std::string_view at;
  Kind kind = Kind::any;
  std::string_view fallback = {};  // the default, as YAML
  std::string_view min = {};       // in the kind's own notation: "1", "100ms", "1KiB"
  std::string_view max = {};
  std::string_view words = {};  // "a|b": what a choice may be, or what may stand instead of another scalar
  std::string_view exactly_one = {};  // "a|b": of these keys of a map exactly one must be there
  std::string_view needs = {};        // the key of the same map without which this one has no meaning
  std::string_view together = {};     // the key of the same map that must stand beside this one
  std::string_view example = {};      // as YAML
  bool required = false;
  bool optional = false;  // a map without which something is off: absent, it gets no defaults
  bool secret = false;    // never shown, wherever it came from
  bool open = false;      // a map that also holds the options of a plugin
  std::string_view doc = {};
};

std::span<const Option> host_options();

// The tree that the table describes. Built once, at the first call.
const Schema& host_schema();

}  // namespace evloom::config
