// Clocks: the time of day, the time that only goes forward, and the text of an HTTP Date field.
// The functions may be called on any thread; an HttpDate belongs to one loop.
#pragma once

#include <time.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace evloom::observe {

// Nanoseconds of CLOCK_MONOTONIC: for durations and deadlines. [any]
inline std::int64_t monotonic_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

// Nanoseconds since 1970 in UTC (CLOCK_REALTIME): for what a person reads. It may jump. [any]
inline std::int64_t wall_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_REALTIME, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

// The two clocks as something that can be handed over, so that a test can say what time it is.
struct Clock {
  std::int64_t (*wall_ns)() = observe::wall_ns;
  std::int64_t (*monotonic_ns)() = observe::monotonic_ns;
};

// The value of the Date field (RFC 9110, 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT"), written once a second.
// [loop]
class HttpDate {
 public:
  // Now, to the tick of the coarse clock (some milliseconds). Valid until the next call.
  std::string_view now() {
    timespec t{};
    ::clock_gettime(CLOCK_REALTIME_COARSE, &t);
    return at(t.tv_sec);
  }

  // The moment `seconds` after 1970 in UTC; years 0 to 9999. Valid until the next call.
  std::string_view at(std::int64_t seconds) {
    if (seconds != second_) render(seconds);
    return {text_.data(), text_.size()};
  }

 private:
  void render(std::int64_t seconds);

  static constexpr std::size_t kSize = 29;
  std::int64_t second_ = INT64_MIN;
  std::array<char, kSize> text_{};
};

}  // namespace evloom::observe
