// The clocks of the host: the time that only goes forward and the time of day. Any thread.
#pragma once

#include <time.h>

#include <chrono>
#include <cstdint>

namespace evloom {

// A time of day, for reports. It may jump.
using WallTime = std::chrono::system_clock::time_point;

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

}  // namespace evloom
