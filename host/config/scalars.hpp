// The texts of typed scalars -> values, and back to the text a person would write. [any]
// Each parser takes the whole text or says, with the remedy, why not; none of them reads beyond 64 bits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace evloom::config {

// Decimal, with sign; no leading zeros, no separators. The error is empty when the text is no number at all.
Result<std::int64_t> parse_integer(std::string_view text);
// Decimal, finite.
Result<double> parse_number(std::string_view text);
// A whole number and a unit: us, ms, s, m, h or d. In nanoseconds.
Result<std::int64_t> parse_duration(std::string_view text);
// A whole number of bytes, or one with KiB, MiB or GiB.
Result<std::int64_t> parse_size(std::string_view text);
// Octal permissions: 660, 0660 or 0o660, at most 0777.
Result<std::int64_t> parse_mode(std::string_view text);
// A decimal number, without sign or exponent, and "%"; 1.5 for "1.5%".
Result<double> parse_percent(std::string_view text);
// The same with "x".
Result<double> parse_factor(std::string_view text);

// "HOST:PORT"; the host is a literal IPv4 address, or an IPv6 one in brackets (kept without them).
struct Address {
  std::string host;
  std::uint16_t port = 0;
  bool ipv6 = false;

  // "127.0.0.1:80", "[::1]:80".
  std::string to_string() const;
};
Result<Address> parse_address(std::string_view text);

// The shortest exact text: "10s", "1500ms", "16KiB", "4000".
std::string format_duration(std::int64_t nanoseconds);
std::string format_size(std::int64_t bytes);
std::string format_mode(std::int64_t mode);
std::string format_number(double value);
std::string format_percent(double value);
std::string format_factor(double value);

// Why `text` is no name of the user's, or nothing: letters, digits, `_`, `-`, `.`; a letter first; at
// most 64.
std::optional<std::string> name_fault(std::string_view text);

}  // namespace evloom::config
