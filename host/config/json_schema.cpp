#include "config/json_schema.hpp"

#include <nlohmann/json.hpp>

#include "config/options.hpp"

namespace evloom::config {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kNamePattern = "^[A-Za-z][A-Za-z0-9_.-]{0,63}$";

// A value of the file as JSON, typed as the schema says.
Json to_json(const Node& node) {
  switch (node.type()) {
    case Node::Type::list: {
      Json out = Json::array();
      for (const Node& item : node.items()) out.push_back(to_json(item));
      return out;
    }
    case Node::Type::map: {
      Json out = Json::object();
      for (const Entry& entry : node.entries()) out[entry.key] = to_json(entry.value);
      return out;
    }
    case Node::Type::scalar:
      break;
    default:
      return nullptr;
  }
  switch (resolve(node)) {
    case Resolved::boolean:
    case Resolved::integer:
    case Resolved::number: {
      Json value = Json::parse(node.text(), nullptr, false);
      return value.is_discarded() ? Json(node.text()) : value;
    }
    default:
      return node.text();
  }
}

Json text_schema(std::string_view pattern) { return {{"type", "string"}, {"pattern", pattern}}; }

void bounds(const Schema& schema, const char* min, const char* max, Json& out) {
  if (schema.min) out[min] = *schema.min;
  if (schema.max) out[max] = *schema.max;
}

// The shapes a scalar may have, besides its words and a variable of the environment.
Json scalar_shapes(const Schema& schema) {
  switch (schema.kind) {
    case Kind::integer: {
      Json out = {{"type", "integer"}};
      bounds(schema, "minimum", "maximum", out);
      return Json::array({out});
    }
    case Kind::number: {
      Json out = {{"type", "number"}};
      if (schema.min_number) out["minimum"] = *schema.min_number;
      if (schema.max_number) out["maximum"] = *schema.max_number;
      return Json::array({out});
    }
    case Kind::boolean:
      return Json::array({{{"type", "boolean"}}});
    case Kind::duration:
      return Json::array({text_schema("^[0-9]+(us|ms|s|m|h|d)$")});
    case Kind::size: {
      Json out = {{"type", "integer"}};
      bounds(schema, "minimum", "maximum", out);
      return Json::array({out, text_schema("^[0-9]+(KiB|MiB|GiB)?$")});
    }
    case Kind::address:
      return Json::array({text_schema("^([0-9.]+|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}$")});
    case Kind::percent:
      return Json::array({text_schema("^[0-9]+(\\.[0-9]+)?%$")});
    case Kind::factor:
      return Json::array({text_schema("^[0-9]+(\\.[0-9]+)?x$")});
    case Kind::mode:
      return Json::array({{{"type", "integer"}}, text_schema("^(0o)?[0-7]{1,4}$")});
    case Kind::name:
      return Json::array({text_schema(kNamePattern)});
    case Kind::path:
      return Json::array({{{"type", "string"}, {"minLength", 1}}});
    case Kind::choice:
      return Json::array();
    default: {
      Json out = {{"type", "string"}};
      bounds(schema, "minLength", "maxLength", out);
      return Json::array({out});
    }
  }
}

class Writer {
 public:
  explicit Writer(std::span<const PluginSchema> plugins) : plugins_(plugins) {}

  Json write(const Schema& schema) {
    Json out = Json::object();
    if (!schema.doc.empty()) out["description"] = schema.doc;
    if (schema.fallback) out["default"] = to_json(schema.fallback);
    if (!schema.deprecated.empty()) out["deprecated"] = true;
    switch (schema.kind) {
      case Kind::any:
        break;
      case Kind::map:
        map(schema, out);
        break;
      case Kind::list:
        out["type"] = "array";
        bounds(schema, "minItems", "maxItems", out);
        if (!schema.items.empty()) out["items"] = write(schema.items.front());
        break;
      case Kind::one_of:
        for (const Schema& alternative : schema.alternatives) out["anyOf"].push_back(write(alternative));
        break;
      default:
        scalar(schema, out);
        break;
    }
    return out;
  }

  // Adds, to the schema of an instance, the options of every plugin of that kind.
  void plugins_of(InstanceKind kind, Json& out) {
    Json ids = Json::array();
    for (const PluginSchema& plugin : plugins_) {
      if (plugin.kind != kind) continue;
      ids.push_back(plugin.plugin);
      Json then = write(plugin.options);
      // Each key of the host must be named, for "additionalProperties" to let it pass.
      Json properties = Json::object();
      for (const Schema& key : instance_schema(kind).keys) properties[key.name] = true;
      for (const auto& [name, value] : then["properties"].items()) properties[name] = value;
      then["properties"] = std::move(properties);
      Json test = {{"properties", {{"plugin", {{"const", plugin.plugin}}}}},
                   {"required", Json::array({"plugin"})}};
      out["allOf"].push_back({{"if", std::move(test)}, {"then", std::move(then)}});
    }
    if (!ids.empty()) out["properties"]["plugin"]["examples"] = std::move(ids);
  }

 private:
  void scalar(const Schema& schema, Json& out) {
    if (!schema.example.empty()) {
      Json example = Json::parse(schema.example, nullptr, false);
      out["examples"] = Json::array({example.is_discarded() ? Json(schema.example) : example});
    }
    Json shapes = scalar_shapes(schema);
    if (!schema.words.empty()) shapes.push_back({{"enum", schema.words}});
    // A string may hold a variable anyway; any other shape must allow for one.
    if (schema.kind != Kind::string && schema.kind != Kind::path) {
      shapes.push_back({{"$ref", "#/definitions/environment"}});
    }
    if (shapes.size() == 1) {
      out.update(shapes.front());
    } else {
      out["anyOf"] = std::move(shapes);
    }
  }

  void map(const Schema& schema, Json& out) {
    out["type"] = "object";
    bounds(schema, "minProperties", "maxProperties", out);
    Json required = Json::array();
    out["properties"] = Json::object();
    for (const Schema& key : schema.keys) {
      out["properties"][key.name] = write(key);
      if (key.required) required.push_back(key.name);
      for (const std::string& other : {key.needs, key.together}) {
        if (!other.empty()) out["dependencies"][key.name].push_back(other);
      }
    }
    if (!required.empty()) out["required"] = std::move(required);
    for (const std::string& key : schema.exactly_one)
      out["oneOf"].push_back({{"required", Json::array({key})}});
    if (schema.values.empty()) {
      if (!schema.open) out["additionalProperties"] = false;
    } else {
      out["propertyNames"] = {{"pattern", kNamePattern}};
      out["additionalProperties"] = write(schema.values.front());
    }
  }

  std::span<const PluginSchema> plugins_;
};

}  // namespace

std::string json_schema(std::span<const PluginSchema> plugins) {
  Writer writer(plugins);
  Json root = {
      {"$schema", "http://json-schema.org/draft-07/schema#"},
      {"title", "evloom configuration"},
      {"definitions",
       {{"environment",
         {{"type", "string"},
          {"pattern", "\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}"},
          {"description",
           "A text that holds a variable of the environment: ${NAME} or ${NAME:-default}."}}}}},
  };
  root.update(writer.write(host_schema()));
  writer.plugins_of(InstanceKind::handler, root["properties"]["handlers"]["additionalProperties"]);
  writer.plugins_of(InstanceKind::store, root["properties"]["stores"]["additionalProperties"]);
  writer.plugins_of(InstanceKind::format, root["properties"]["formats"]["items"]["anyOf"].back());
  return root.dump(2) + "\n";
}

}  // namespace evloom::config
