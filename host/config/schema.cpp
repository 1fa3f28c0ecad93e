#include "config/schema.hpp"

#include "config/scalars.hpp"
#include "config/validate.hpp"
#include "config/yaml.hpp"

namespace evloom::config {
namespace {

std::string bound(const Schema& schema, std::int64_t value) {
  switch (schema.kind) {
    case Kind::duration:
      return format_duration(value);
    case Kind::size:
      return format_size(value);
    default:
      return std::to_string(value);
  }
}

template <typename T, typename Show>
std::string between(const std::optional<T>& min, const std::optional<T>& max, Show show) {
  if (min && max) return show(*min) + " to " + show(*max);
  if (min) return "at least " + show(*min);
  if (max) return "at most " + show(*max);
  return {};
}

std::string join(const std::vector<std::string>& words, std::string_view separator) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += separator;
    out += word;
  }
  return out;
}

std::string_view article(Kind kind) {
  switch (kind) {
    case Kind::integer:
      return "an integer";
    case Kind::number:
      return "a number";
    case Kind::boolean:
      return "true or false";
    case Kind::duration:
      return "a duration such as \"10s\"";
    case Kind::size:
      return "a size such as \"64KiB\"";
    case Kind::address:
      return "an address \"HOST:PORT\"";
    case Kind::path:
      return "a path";
    case Kind::mode:
      return "a file mode in octal such as 0660";
    case Kind::percent:
      return "a percentage such as \"1%\"";
    case Kind::factor:
      return "a factor such as \"2x\"";
    case Kind::name:
      return "a name";
    case Kind::map:
      return "a map";
    case Kind::list:
      return "a list";
    case Kind::any:
      return "a value";
    default:
      return "a string";
  }
}

Status fill(Schema& schema, const std::string& where) {
  const std::string at = where.empty()         ? schema.name
                         : schema.name.empty() ? where
                                               : where + "." + schema.name;
  for (std::vector<Schema>* part : {&schema.keys, &schema.values, &schema.items, &schema.alternatives}) {
    for (Schema& child : *part) {
      if (Status status = fill(child, at); !status) return status;
    }
  }
  if (schema.default_text.empty()) return {};
  Diagnostics diagnostics;
  const auto source = std::make_shared<const Source>("default of " + at, schema.default_text, "/");
  Node node = parse_yaml(source, diagnostics);
  if (!diagnostics.has_errors()) validate(schema, node, diagnostics, at);
  if (diagnostics.has_errors()) {
    return Error{"the default of " + at + " is not valid: " + diagnostics.list().front().message};
  }
  schema.fallback = std::move(node);
  return {};
}

}  // namespace

const Schema* Schema::key(std::string_view wanted) const {
  for (const Schema& child : keys) {
    if (child.name == wanted) return &child;
  }
  return nullptr;
}

std::vector<std::string> Schema::key_names() const {
  std::vector<std::string> names;
  for (const Schema& child : keys) names.push_back(child.name);
  return names;
}

bool is_scalar(Kind kind) {
  return kind != Kind::any && kind != Kind::map && kind != Kind::list && kind != Kind::one_of;
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::any:
      return "any";
    case Kind::map:
      return "map";
    case Kind::list:
      return "list";
    case Kind::string:
      return "string";
    case Kind::integer:
      return "integer";
    case Kind::number:
      return "number";
    case Kind::boolean:
      return "boolean";
    case Kind::duration:
      return "duration";
    case Kind::size:
      return "size";
    case Kind::address:
      return "address";
    case Kind::path:
      return "path";
    case Kind::mode:
      return "file mode";
    case Kind::percent:
      return "percentage";
    case Kind::factor:
      return "factor";
    case Kind::choice:
      return "choice";
    case Kind::name:
      return "name";
    case Kind::one_of:
      return "one of";
  }
  return "any";
}

std::string range(const Schema& schema) {
  const auto numbers = [&](auto show) { return between(schema.min_number, schema.max_number, show); };
  if (schema.kind == Kind::number) return numbers(format_number);
  if (schema.kind == Kind::percent) return numbers(format_percent);
  if (schema.kind == Kind::factor) return numbers(format_factor);
  return between(schema.min, schema.max, [&](std::int64_t value) { return bound(schema, value); });
}

std::string expectation(const Schema& schema) {
  if (schema.kind == Kind::one_of) {
    std::string out;
    for (const Schema& alternative : schema.alternatives) {
      if (!out.empty()) out += " or ";
      out += expectation(alternative);
    }
    return out;
  }
  if (schema.kind == Kind::choice) {
    return schema.words.size() == 1 ? schema.words.front() : "one of " + join(schema.words, ", ");
  }
  std::string out(article(schema.kind));
  if (const std::string bounds = range(schema); !bounds.empty()) {
    const bool both = (schema.min && schema.max) || (schema.min_number && schema.max_number);
    const bool collection = schema.kind == Kind::list || schema.kind == Kind::map;
    if (schema.kind == Kind::duration) out = "a duration";
    if (schema.kind == Kind::size) out = "a size";
    if (schema.kind == Kind::percent) out = "a percentage";
    if (schema.kind == Kind::factor) out = "a factor";
    out += (both && !collection ? " from " : " of ") + bounds;
    if (schema.kind == Kind::string || schema.kind == Kind::path) out += " bytes";
    if (collection) out += schema.max.value_or(schema.min.value_or(0)) == 1 ? " item" : " items";
  }
  if (!schema.words.empty()) out += " or " + join(schema.words, " or ");
  return out;
}

Status fill_defaults(Schema& schema) { return fill(schema, {}); }

}  // namespace evloom::config
