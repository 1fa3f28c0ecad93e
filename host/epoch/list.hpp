// write_list: has a format write the items of a list. Pure; the thread of the format's slot.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "evloom/abi/format.h"

namespace evloom::epoch {

// Each item as a value of `kind`, some at a time: a list of 60,000 must not need as many values at once. What
// the format returns first that is not EVL_OK.
inline evl_status write_list(const evl_rendering& rendering, std::span<const evl_bytes> items,
                             evl_value_kind kind) {
  std::array<evl_value, 128> values;
  evl_value blank{};
  blank.size = sizeof blank;
  blank.kind = kind;
  values.fill(blank);
  while (!items.empty()) {
    const std::size_t n = std::min(items.size(), values.size());
    for (std::size_t i = 0; i < n; ++i) values[i].text = items[i];
    const evl_status status =
        rendering.format->items(rendering.instance, rendering.slot, rendering.writer, values.data(), n);
    if (status != EVL_OK) return status;
    items = items.subspan(n);
  }
  return EVL_OK;
}

// Whether a result can be given to a format as values of `kind`.
inline bool is_list(const evl_result& result, evl_value_kind kind) {
  return result.size >= sizeof(evl_result) && result.status == EVL_OK &&
         (kind == EVL_VALUE_TEXT || kind == EVL_VALUE_DIGITS);
}

}  // namespace evloom::epoch
