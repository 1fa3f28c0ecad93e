// The table of options as a tree: host_schema(). A row finds its place by its path. [any]
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "config/options.hpp"
#include "config/scalars.hpp"

namespace evloom::config {
namespace {

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t bar = std::min(text.find('|'), text.size());
    words.emplace_back(text.substr(0, bar));
    text.remove_prefix(std::min(bar + 1, text.size()));
  }
  return words;
}

// A bound in the notation of the row's kind. The table is part of the program: a bad one is a bug.
std::int64_t bound(Kind kind, std::string_view text) {
  const Result<std::int64_t> value = kind == Kind::duration ? parse_duration(text)
                                     : kind == Kind::size   ? parse_size(text)
                                                            : parse_integer(text);
  return value.ok() ? *value : 0;
}

double fraction_bound(Kind kind, std::string_view text) {
  const Result<double> value = kind == Kind::percent ? parse_percent(text) : parse_factor(text);
  return value.ok() ? *value : 0;
}

Schema leaf(const Option& option) {
  Schema schema;
  schema.kind = option.kind;
  schema.doc = option.doc;
  schema.example = option.example;
  schema.default_text = option.fallback;
  schema.required = option.required;
  schema.optional = option.optional;
  schema.secret = option.secret;
  schema.open = option.open;
  schema.needs = option.needs;
  schema.together = option.together;
  schema.words = split_words(option.words);
  schema.exactly_one = split_words(option.exactly_one);
  if (option.kind == Kind::percent || option.kind == Kind::factor) {
    if (!option.min.empty()) schema.min_number = fraction_bound(option.kind, option.min);
    if (!option.max.empty()) schema.max_number = fraction_bound(option.kind, option.max);
    return schema;
  }
  if (!option.min.empty()) schema.min = bound(option.kind, option.min);
  if (!option.max.empty()) schema.max = bound(option.kind, option.max);
  return schema;
}

// Goes down the path of a row, and adds its schema at the end.
void insert(Schema& root, const Option& option) {
  Schema* at = &root;
  std::string_view rest = option.at;
  while (!rest.empty()) {
    std::vector<Schema>* place = nullptr;
    std::string_view name;
    if (rest.starts_with("[]")) {
      place = &at->items;
      rest.remove_prefix(2);
    } else if (rest.starts_with('<')) {
      place = &at->alternatives;
      name = rest.substr(1, rest.find('>') - 1);
      rest.remove_prefix(name.size() + 2);
    } else {
      if (rest.starts_with('.')) rest.remove_prefix(1);
      name = rest.substr(0, rest.find_first_of(".[<"));
      rest.remove_prefix(name.size());
      place = name == "*" ? &at->values : &at->keys;
      if (name == "*") name = {};
    }
    Schema* found = nullptr;
    for (Schema& child : *place) {
      if (child.name == name) found = &child;
    }
    if (found == nullptr) {
      Schema fresh = leaf(option);
      fresh.name = name;
      found = &place->emplace_back(std::move(fresh));
    }
    at = found;
  }
}

}  // namespace

const Schema& host_schema() {
  static const Schema schema = [] {
    Schema root = leaf(host_options().front());
    for (const Option& option : host_options().subspan(1)) insert(root, option);
    if (const Status status = fill_defaults(root); !status) {
      std::fprintf(stderr, "evloom: table of options: %s\n", status.error().message.c_str());
      std::abort();
    }
    return root;
  }();
  return schema;
}

}  // namespace evloom::config
