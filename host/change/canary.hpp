// Canary: one loop takes up the new epoch first and is watched: how many of its answers are errors, and how
// long they take compared with those of the other loops. Watch counts on a loop, judge() weighs on the
// control thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "epoch/watch.hpp"

namespace evloom::change {

// The sum of some watches.
struct Tally {
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  std::array<std::uint64_t, epoch::Watch::kBuckets> durations{};

  void add(const epoch::Watch& watch);
  double errors_percent() const;
  // Upper end of the bucket in which the 99th percentile lies.
  std::int64_t p99_ns() const;
};

// Why the canary must not go on; empty when nothing speaks against it. Before the end a verdict needs 20
// requests; p99 is compared when both sides have answered 100.
std::string judge(const Tally& canary, const Tally& others, const config::Canary& limits, bool at_the_end);

}  // namespace evloom::change
