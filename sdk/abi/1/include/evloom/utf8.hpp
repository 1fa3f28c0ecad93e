// UTF-8 for those who write text that others gave them: a value may hold any bytes. Pure functions, any
// thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace evl {

// What stands in place of a byte that is no UTF-8.
inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Bytes of the well-formed character at the start of `text` (RFC 3629: no overlong form, no surrogate,
// nothing above U+10FFFF); 0 when there is none.
inline std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xC0u) == 0x80u; };
  const unsigned first = at(0);
  if (text.empty()) return 0;
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (first == 0xE0 && at(1) < 0xA0) return 0;
    if (first == 0xED && at(1) > 0x9F) return 0;
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (first == 0xF0 && at(1) < 0x90) return 0;
    if (first == 0xF4 && at(1) > 0x8F) return 0;
    return tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace evl
