// Operations as they come from a handler, checked before a backend sees them, and what the backend makes of
// them, checked before the handler does. The SDK's test kit has the same. [loop] Nothing is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "evloom/abi/store.h"

namespace evloom::store {

// Bounds beside those of abi/store.h.
inline constexpr std::size_t kMaxOps = 64;
inline constexpr std::size_t kMaxItems = 4096;

// The least that a backend gives: an evl_result as ABI 1.0 had it. What a later one has besides counts as 0.
inline constexpr std::size_t kFirstResult = offsetof(evl_result, fresh) + sizeof(evl_result::fresh);

// Copies `count` operations, an array of the plugin's stride, into `to` (room for `count`). Null when all are
// in order, else what is wrong, as static text.
const char* copy_operations(const evl_op* ops, std::size_t count, evl_op* to);

// Whether a backend's results are whole: one for each operation, with what its kind has.
bool complete(std::span<const evl_op> ops, const evl_result* results, std::size_t count);

// What a backend did wrong, when its submit or the end of that breaks the rules; and the log's line on one
// that takes too long.
inline constexpr const char* kEndedTwice = "ended a submit twice";
inline constexpr const char* kEndedInside = "ended a submit from inside submit";
inline constexpr const char* kIncomplete = "ended a submit without a result for each operation";
std::string overdue_text(std::size_t ops, std::size_t requests, std::int64_t limit_ns);

}  // namespace evloom::store
