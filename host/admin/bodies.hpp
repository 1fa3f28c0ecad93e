// Bodies: what the admin API is sent, read strictly into commands: a key that is unknown, missing or of
// another type is refused by its name, so that a misspelt wish is never half obeyed. Pure; any thread.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "change/control.hpp"

namespace evloom::admin {

// The body of a POST; an empty one counts as {}.
Result<change::Command> read_reload(std::string_view body);    // {"discard_swaps": bool = false}
Result<change::Command> read_swap(std::string_view body);      // {"instance": text, "file": absolute path}
Result<change::Command> read_rollback(std::string_view body);  // {}
Result<change::Command> read_drain(std::string_view body);     // {"on": bool = true}

// The query of GET /v1/plan: "", "discard_swaps=true" or "discard_swaps=false".
Result<change::Command> read_plan(std::string_view query);

}  // namespace evloom::admin
