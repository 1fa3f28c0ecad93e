// Exercises of a plugin's tables that need no request and no host. Each gives what went wrong first; empty:
// nothing.
#pragma once

#include <cstdint>
#include <string>

#include "evloom/abi/format.h"
#include "evloom/abi/store.h"

namespace evloom::check {

// Every function of a format, every kind of value. [loop]
std::string render(const evl_format& format, void* object, void* slot);

// The same when the answer may not be larger than `most` bytes: the format must pass on what `grow` says.
// [loop]
std::string render_within(std::size_t most, const evl_format& format, void* object, void* slot);

// Whatever it says is good, as long as it says it. [loop]
std::string ask_health(const evl_store_backend& store, void* object, void* slot);

}  // namespace evloom::check
