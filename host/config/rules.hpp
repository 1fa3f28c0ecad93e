// What the table of options cannot say: names that must refer to something, paths of routes, doubles.
// Used by load() alone. [any]
#pragma once

#include <string_view>

#include "config/config.hpp"

namespace evloom::config {

// Checks a Config that was filled from a validated tree, of which parts may be invalid: those are left out.
// Names every fault with its place in `tree`.
void check_rules(const Config& config, const Node& tree, Diagnostics& diagnostics);

// Why `path` is no path of a route, or empty.
std::string route_path_fault(std::string_view path);

// The path with the names of its parameters taken out: routes with the same one match the same requests.
std::string route_path_shape(std::string_view path);

}  // namespace evloom::config
