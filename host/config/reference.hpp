// The reference page of the configuration, in Markdown, made from the same table as the validator. [any]
#pragma once

#include <span>
#include <string>

#include "config/plugin_schema.hpp"

namespace evloom::config {

// The text of docs/configuration.md: how values are written, each section with its keys, and the options of
// each plugin that is given.
std::string reference_page(std::span<const PluginSchema> plugins = {});

}  // namespace evloom::config
