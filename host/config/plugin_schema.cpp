#include "config/plugin_schema.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "config/options.hpp"
#include "config/scalars.hpp"
#include "config/suggest.hpp"

namespace evloom::config {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxLevels = 16;

// Thrown inside this file only.
struct Bad {
  std::string where;
  std::string message;
};

struct Format {
  std::string_view name;
  Kind kind;
};
constexpr std::array kFormats = {
    Format{"duration", Kind::duration},
    Format{"size", Kind::size},
    Format{"path", Kind::path},
    Format{"address", Kind::address},
};

const std::vector<std::string>& keywords() {
  static const std::vector<std::string> known = {
      "type",      "properties",  "required", "additionalProperties",
      "items",     "enum",        "minimum",  "maximum",
      "minLength", "maxLength",   "minItems", "maxItems",
      "default",   "description", "examples", "deprecated",
      "format",    "exclusive",   "title",    "$schema",
      "$id",       "$comment"};
  return known;
}

const std::string& text_of(const Json& value, const std::string& where) {
  if (!value.is_string()) throw Bad{where, "a string is needed"};
  return value.get_ref<const std::string&>();
}

std::int64_t integer_of(const Json& value, const std::string& where) {
  if (!value.is_number_integer()) throw Bad{where, "an integer is needed"};
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX}) {
    throw Bad{where, "the number does not fit in 64 bits"};
  }
  return value.get<std::int64_t>();
}

Kind kind_of(const Json& json, const std::string& where) {
  if (!json.contains("type")) throw Bad{where, "the keyword \"type\" is missing"};
  const std::string& type = text_of(json["type"], where + "/type");
  if (type == "object") return Kind::map;
  if (type == "array") return Kind::list;
  if (type == "boolean") return Kind::boolean;
  if (type == "number") return Kind::number;
  if (type != "integer" && type != "string") {
    throw Bad{where + "/type", "unknown type " + in_quotes(type) +
                                   "; known are object, array, string, integer, number and boolean"};
  }
  if (json.contains("format")) {
    const std::string& format = text_of(json["format"], where + "/format");
    for (const Format& known : kFormats) {
      if (known.name == format) return known.kind;
    }
    throw Bad{where + "/format",
              "unknown format " + in_quotes(format) + "; known are duration, size, path and address"};
  }
  if (type == "integer") return Kind::integer;
  return json.contains("enum") ? Kind::choice : Kind::string;
}

std::int64_t bound_of(Kind kind, const Json& value, const std::string& where) {
  if (kind == Kind::integer || (kind == Kind::size && value.is_number())) return integer_of(value, where);
  if (kind != Kind::duration && kind != Kind::size)
    throw Bad{where, "only numbers, durations and sizes have bounds"};
  const std::string& text = text_of(value, where);
  const Result<std::int64_t> bound = kind == Kind::duration ? parse_duration(text) : parse_size(text);
  if (!bound)
    throw Bad{where,
              in_quotes(text) + " is no " + std::string(kind_name(kind)) + " " + bound.error().message};
  return *bound;
}

Schema read(const Json& json, const std::string& where, std::size_t level);

void read_properties(const Json& json, const std::string& where, std::size_t level, Schema& schema) {
  if (!json.is_object()) throw Bad{where, "an object is needed"};
  for (const auto& [name, property] : json.items()) {
    const std::string at = where + "/" + name;
    if (const auto fault = name_fault(name)) throw Bad{at, "this is no name of an option: " + *fault};
    Schema key = read(property, at, level + 1);
    key.name = name;
    schema.keys.push_back(std::move(key));
  }
}

void read_required(const Json& json, const std::string& where, Schema& schema) {
  if (!json.is_array()) throw Bad{where, "an array of names is needed"};
  for (const Json& name : json) {
    bool found = false;
    for (Schema& key : schema.keys) {
      if (key.name != text_of(name, where)) continue;
      key.required = true;
      found = true;
    }
    if (!found) throw Bad{where, in_quotes(text_of(name, where)) + " is not among the properties"};
  }
}

void read_map(const Json& json, const std::string& where, std::size_t level, Schema& schema) {
  if (json.contains("properties")) read_properties(json["properties"], where + "/properties", level, schema);
  if (json.contains("required")) read_required(json["required"], where + "/required", schema);
  if (!json.contains("additionalProperties")) return;
  const Json& others = json["additionalProperties"];
  if (others.is_boolean()) {
    schema.open = others.get<bool>();
  } else {
    schema.values.push_back(read(others, where + "/additionalProperties", level + 1));
  }
}

void read_length(const Json& json, const std::string& where, const char* min, const char* max,
                 Schema& schema) {
  if (json.contains(min)) schema.min = integer_of(json[min], where + "/" + min);
  if (json.contains(max)) schema.max = integer_of(json[max], where + "/" + max);
}

Schema read(const Json& json, const std::string& where, std::size_t level) {
  if (!json.is_object()) throw Bad{where, "an object is needed"};
  if (level > kMaxLevels) throw Bad{where, "nested too deep"};
  for (const auto& [name, value] : json.items()) {
    if (std::find(keywords().begin(), keywords().end(), name) == keywords().end()) {
      throw Bad{where,
                "unknown keyword " + in_quotes(name) + "; " + did_you_mean(name, keywords(), "remove it")};
    }
  }
  Schema schema;
  schema.kind = kind_of(json, where);
  if (json.contains("description")) schema.doc = text_of(json["description"], where + "/description");
  if (json.contains("default")) schema.default_text = json["default"].dump();
  if (json.contains("examples") && json["examples"].is_array() && !json["examples"].empty()) {
    schema.example = json["examples"].front().dump();
  }
  if (json.contains("deprecated") && json["deprecated"] == true) schema.deprecated = "remove it";
  if (json.contains("exclusive")) {
    if (schema.kind != Kind::path)
      throw Bad{where + "/exclusive", "only a string of format path can be exclusive"};
    if (!json["exclusive"].is_boolean()) throw Bad{where + "/exclusive", "true or false is needed"};
    schema.exclusive = json["exclusive"].get<bool>();
  }
  if (json.contains("enum")) {
    if (schema.kind == Kind::list || schema.kind == Kind::map || schema.kind == Kind::boolean ||
        !json["enum"].is_array() || json["enum"].empty()) {
      throw Bad{where + "/enum", "an array of strings is needed, for a scalar"};
    }
    for (const Json& word : json["enum"]) schema.words.push_back(text_of(word, where + "/enum"));
  }
  if (schema.kind == Kind::number) {
    for (const char* name : {"minimum", "maximum"}) {
      if (!json.contains(name)) continue;
      if (!json[name].is_number()) throw Bad{where + "/" + name, "a number is needed"};
      (name[1] == 'i' ? schema.min_number : schema.max_number) = json[name].get<double>();
    }
  } else {
    if (json.contains("minimum")) schema.min = bound_of(schema.kind, json["minimum"], where + "/minimum");
    if (json.contains("maximum")) schema.max = bound_of(schema.kind, json["maximum"], where + "/maximum");
  }
  if (schema.kind == Kind::string || schema.kind == Kind::path) {
    read_length(json, where, "minLength", "maxLength", schema);
  }
  if (schema.kind == Kind::list) {
    read_length(json, where, "minItems", "maxItems", schema);
    if (json.contains("items")) schema.items.push_back(read(json["items"], where + "/items", level + 1));
  }
  if (schema.kind == Kind::map) read_map(json, where, level, schema);
  return schema;
}

// A copy of `node` in which `change` has replaced the text of every exclusive path.
template <typename Change>
Node each_exclusive(const Schema& schema, const Node& node, Change& change) {
  if (!node) return node;
  const bool path = schema.exclusive && node.is_scalar() && node.kind() == Kind::path;
  if (!path && !node.is_map() && !node.is_list()) return node;
  Node::Data data = node.data();
  if (path) data.text = change(data.text);
  for (Node& item : data.items) {
    if (!schema.items.empty()) item = each_exclusive(schema.items.front(), item, change);
  }
  for (Entry& entry : data.entries) {
    if (const Schema* const known = schema.key(entry.key)) {
      entry.value = each_exclusive(*known, entry.value, change);
    } else if (!schema.values.empty()) {
      entry.value = each_exclusive(schema.values.front(), entry.value, change);
    }
  }
  return Node(std::move(data));
}

std::string normal(const std::string& path) {
  std::string text = std::filesystem::path(path).lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

}  // namespace

std::vector<std::string> exclusive_paths(const Schema& options, const Node& values) {
  std::vector<std::string> paths;
  auto collect = [&](const std::string& text) {
    std::string path = normal(text);
    if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(std::move(path));
    return text;
  };
  each_exclusive(options, values, collect);
  return paths;
}

Node with_scratch(const Schema& options, const Node& values, const std::string& folder) {
  const std::vector<std::string> paths = exclusive_paths(options, values);
  auto replace = [&](const std::string& text) {
    const auto place = std::find(paths.begin(), paths.end(), normal(text)) - paths.begin();
    return folder + "/" + std::to_string(place);
  };
  return each_exclusive(options, values, replace);
}

const Schema& instance_schema(InstanceKind kind) {
  const Schema& root = host_schema();
  if (kind == InstanceKind::handler) return root.key("handlers")->values.front();
  if (kind == InstanceKind::store) return root.key("stores")->values.front();
  return root.key("formats")->items.front().alternatives.back();
}

Result<PluginSchema> parse_plugin_schema(std::string_view plugin, InstanceKind kind, std::string_view text) {
  const auto failure = [&](const std::string& where, const std::string& message) {
    return Error{"schema of the plugin " + in_quotes(plugin) + (where.empty() ? "" : ", at " + where) + ": " +
                 message};
  };
  PluginSchema result;
  result.plugin = plugin;
  result.kind = kind;
  result.options.kind = Kind::map;
  if (text.empty()) return result;
  if (text.size() > kMaxSchemaBytes) {
    return failure({}, "larger than " + std::to_string(kMaxSchemaBytes) + " bytes");
  }
  try {
    const Json root = Json::parse(text);
    if (root.is_object() && root.empty()) return result;  // the ABI's word for a plugin without options
    result.options = read(root, {}, 0);
  } catch (const Bad& bad) {
    return failure(bad.where, bad.message);
  } catch (const nlohmann::json::exception& error) {
    return failure({}, error.what());
  }
  if (result.options.kind != Kind::map) return failure("/type", "the options of a plugin are an object");
  for (const Schema& key : result.options.keys) {
    if (instance_schema(kind).key(key.name) == nullptr) continue;
    return failure("/properties/" + key.name, "the host has an option of this name for each " +
                                                  std::string(to_string(kind)) + "; choose another");
  }
  if (const Status status = fill_defaults(result.options); !status)
    return failure({}, status.error().message);
  return result;
}

}  // namespace evloom::config
