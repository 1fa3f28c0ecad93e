// What every backend has to know of operations: which are acceptable, and what counts as a number. Any
// thread.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

#include "evloom/base.hpp"
#include "evloom/store_backend.hpp"

namespace evloom::plugins {

inline std::string_view key_of(const evl_op& op) { return evl::view(op.key); }

// EVL_OK, or the status that the operation gets without being tried.
inline evl_status check(const evl_op& op) {
  if (op.kind < EVL_OP_ADD || op.kind > EVL_OP_EXPIRE) return EVL_E_UNSUPPORTED;
  if (op.key.size == 0 || op.key.size > EVL_STORE_TEXT_MAX) return EVL_E_INVALID;
  if (op.kind == EVL_OP_PUT) {
    return op.item_count == 1 && op.items[0].size <= EVL_STORE_VALUE_MAX ? EVL_OK : EVL_E_INVALID;
  }
  if (op.kind == EVL_OP_SET_ADD) {
    for (std::size_t i = 0; i < op.item_count; ++i)
      if (op.items[i].size == 0 || op.items[i].size > EVL_STORE_TEXT_MAX) return EVL_E_INVALID;
  }
  return EVL_OK;
}

inline constexpr std::size_t kDecimalMax = 20;  // "-9223372036854775808"

// Writes a number's decimal text to `to`, which has room for kDecimalMax; gives its length.
inline std::size_t to_decimal(std::int64_t number, char* to) {
  return static_cast<std::size_t>(std::to_chars(to, to + kDecimalMax, number).ptr - to);
}

// True when `text` is a number in its one canonical form, as Redis asks for: no sign but "-", no blanks, no
// leading zeros.
inline bool from_decimal(std::string_view text, std::int64_t* number) {
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, *number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) return false;
  char canonical[kDecimalMax];
  return std::string_view(canonical, to_decimal(*number, canonical)) == text;
}

}  // namespace evloom::plugins
