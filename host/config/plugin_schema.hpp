// The options of a plugin: the JSON Schema text that it carries -> a Schema like the host's own. [any]
//
// The subset: type (object, array, string, integer, number, boolean), properties, required,
// additionalProperties, items, enum, minimum, maximum, minLength, maxLength, minItems, maxItems, default,
// description, examples, deprecated, format (duration, size, path, address). `minimum` and `maximum` of a
// duration or size are texts
// ("1ms", "4KiB"). `"exclusive": true`, for strings of format path alone: an instance opens this for itself
// alone. Its successor can open it only when it has let go, and in preflight an empty scratch folder stands
// in its place. title, $schema, $id and $comment are ignored; any other keyword is an error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"
#include "config/schema.hpp"

namespace evloom::config {

constexpr std::size_t kMaxSchemaBytes = std::size_t{1} << 18;

// A plugin as the pages and the validator know it.
struct PluginSchema {
  std::string plugin;  // id
  InstanceKind kind = InstanceKind::handler;
  Schema options;
};

// Hostile text is safe. The error names the plugin, the place in the schema as a JSON pointer, and the
// remedy; it is meant for the plugin's author. An empty text is a plugin without options.
Result<PluginSchema> parse_plugin_schema(std::string_view plugin, InstanceKind kind, std::string_view text);

// What a trial or a successor must not open while another instance has it open: the exclusive paths among
// options that were validated against `options`, in the order of the schema. Absolute, lexically normal,
// without a slash at the end, so that two of them are the same place if they are equal (links aside). None is
// named twice.
std::vector<std::string> exclusive_paths(const Schema& options, const Node& values);

// A copy of the validated options in which each exclusive path is one of its own below `folder`; equal paths
// stay equal. Nothing is made on the disk: exclusive_paths() of the copy tells what to make.
Node with_scratch(const Schema& options, const Node& values, const std::string& folder);

// The host's part of the map in which an instance of that kind stands: `plugin`, `timeout`, ….
const Schema& instance_schema(InstanceKind kind);

}  // namespace evloom::config
