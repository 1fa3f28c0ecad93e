// Operations as they come from a handler: checked, before a backend sees them. [loop] Nothing is kept.
#pragma once

#include <cstddef>
#include <span>

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

}  // namespace evloom::store
