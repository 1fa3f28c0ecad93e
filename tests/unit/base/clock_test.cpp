#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace evloom {
namespace {

TEST(Clocks, OneGoesForwardOnlyAndTheOtherTellsTheTimeOfDay) {
  const std::int64_t first = monotonic_ns();
  EXPECT_GE(monotonic_ns(), first);
  EXPECT_GT(wall_ns(), 1'700'000'000'000'000'000);
}

}  // namespace
}  // namespace evloom
