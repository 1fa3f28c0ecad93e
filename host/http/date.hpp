// The date of an HTTP message (RFC 9110, 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
// Pure, any thread; independent of locale and time zone. A loop makes it once a second and keeps it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace evloom::http {

inline constexpr size_t kDateBytes = 29;

class DateText {
 public:
  // `unix_seconds` since 1970, taken as 0 when negative and as the last second of 9999 when beyond.
  explicit DateText(int64_t unix_seconds = 0) { set(unix_seconds); }
  void set(int64_t unix_seconds);
  std::string_view text() const { return {bytes_.data(), kDateBytes}; }

 private:
  std::array<char, kDateBytes> bytes_;
};

}  // namespace evloom::http
