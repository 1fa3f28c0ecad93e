// validate: a parsed tree against a Schema. [any]
#pragma once

#include <string_view>

#include "config/diagnostics.hpp"
#include "config/node.hpp"
#include "config/schema.hpp"

namespace evloom::config {

// The typed tree: every scalar checked and converted, paths made absolute, defaults filled in, and a node of
// type `invalid` wherever an error was added to `diagnostics`. `where` is the path of `node` for messages,
// such as "stores.counters". A key that is absent and has no default is absent from the result.
//
// This is also how the host checks the options of a plugin once it has read the plugin's schema:
//   Node options = validate(plugin_schema, instance.options, diagnostics, instance.where());
Node validate(const Schema& schema, const Node& node, Diagnostics& diagnostics, std::string_view where = {});

}  // namespace evloom::config
