// Environment: the variables that ${NAME} and ${NAME:-default} take their values from.
// The text is put into scalars after the YAML was parsed: it never becomes structure, and a node that holds
// some of it is secret(). `$${` stands for a literal `${`. [any]
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/diagnostics.hpp"
#include "config/node.hpp"

namespace evloom::config {

// The value of a variable, or nothing if it is not set.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

// The variables of this process. [control] Nobody may call setenv meanwhile.
Environment process_environment();

// The tree with all variables replaced in its values; keys are left as they are. A variable that is not set
// and has no default, or a malformed `${`, is an error, and the node becomes `invalid`.
Node substitute(const Node& node, const Environment& environment, Diagnostics& diagnostics);

}  // namespace evloom::config
