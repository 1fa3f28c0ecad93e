// The character classes of RFC 9110 and the text comparisons that every part of host/http needs.
// Pure functions, any thread; they look at bytes and own nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace evloom::http {

namespace chars {

inline constexpr uint8_t kToken = 1;    // tchar: what methods and header names are made of
inline constexpr uint8_t kTarget = 2;   // what a request target may hold: visible ASCII without '#'
inline constexpr uint8_t kValue = 4;    // what a header value may hold: visible, SP, HTAB, 0x80 to 0xff
inline constexpr uint8_t kRegName = 8;  // what a host name in an authority may hold, '%' apart

constexpr std::array<uint8_t, 256> make_classes() {
  std::array<uint8_t, 256> table{};
  for (size_t c = 0; c < 256; ++c) {
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    const bool visible = c > 0x20 && c < 0x7f;
    if (alnum) table[c] |= kToken | kRegName;
    if (visible && c != '#') table[c] |= kTarget;
    if (visible || c == ' ' || c == '\t' || c >= 0x80) table[c] |= kValue;
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] |= kToken;
  for (const char c : std::string_view("-._~!$&'()*+,;=")) table[static_cast<unsigned char>(c)] |= kRegName;
  return table;
}

inline constexpr std::array<uint8_t, 256> kClasses = make_classes();

}  // namespace chars

constexpr bool is_class(char c, uint8_t classes) {
  return (chars::kClasses[static_cast<unsigned char>(c)] & classes) != 0;
}
constexpr bool is_tchar(char c) { return is_class(c, chars::kToken); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_ows(char c) { return c == ' ' || c == '\t'; }

// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// Whether all bytes are of the classes; true for an empty text.
constexpr bool all_of_class(std::string_view text, uint8_t classes) {
  for (const char c : text) {
    if (!is_class(c, classes)) return false;
  }
  return true;
}

constexpr bool is_token(std::string_view text) { return !text.empty() && all_of_class(text, chars::kToken); }

// Whether `text` may stand as a header value: no CR, LF, NUL or other control byte but HTAB. Eight bytes a
// step.
inline bool is_field_value(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101U;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (; end - at >= 8; at += 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    const uint64_t del = word ^ (kOnes * 0x7f);
    const uint64_t suspects = ((word - kOnes * 0x20) & ~word) | ((del - kOnes) & ~del);
    if ((suspects & (kOnes * 0x80)) != 0 && !all_of_class({at, 8}, chars::kValue)) return false;
  }
  return all_of_class({at, static_cast<size_t>(end - at)}, chars::kValue);
}

// Equality without regard to ASCII case.
constexpr bool iequal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

// Without the spaces and tabs at both ends.
constexpr std::string_view trim_ows(std::string_view text) {
  while (!text.empty() && is_ows(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ows(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace evloom::http
