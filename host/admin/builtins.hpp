// Builtins: what the host answers itself on routes that say `builtin:`: whether it lives, whether it is ready
// (readiness.hpp), and its metrics. They have no state of their own, so one object of each serves all loops
// and epochs.
#pragma once

#include "change/builder.hpp"

namespace evloom::admin {

// By what a route calls them. They live as long as the process. [any]
const epoch::Builtins& builtins();

}  // namespace evloom::admin
