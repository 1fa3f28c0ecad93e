// The JSON Schema (draft-07) of the configuration, which editors use for completion, help and checks. [any]
#pragma once

#include <span>
#include <string>

#include "config/plugin_schema.hpp"

namespace evloom::config {

// The text of evloom.schema.json, ending in a newline: the host's table, and for each plugin its options
// wherever `plugin` names it. Options of plugins that are not given are accepted unchecked.
std::string json_schema(std::span<const PluginSchema> plugins = {});

}  // namespace evloom::config
