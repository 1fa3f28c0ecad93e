// Canary: one loop takes up the new epoch first and is watched: how many of its answers are errors, and how
// long they take compared with those of the other loops. Watch counts on a loop, judge() weighs on the control
// thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace evloom::epoch {

class Epoch;
class Request;

// The answers of one loop. Written by that loop, read by the control thread meanwhile.
class Watch {
 public:
  // Counts the requests of `only`; of every epoch when that is null.
  explicit Watch(const Epoch* only) : only_(only) {}

  // A request has ended. [loop]
  void record(const Epoch& epoch, const Request& request);
  void record(std::uint16_t status, std::int64_t duration_ns);

 private:
  friend struct Tally;
  // Four buckets an octave, from 1 us on.
  static constexpr std::size_t kBuckets = 128;
  static void raise(std::atomic<std::uint64_t>& cell) {
    cell.store(cell.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  const Epoch* const only_;
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> errors_{0};
  std::array<std::atomic<std::uint64_t>, kBuckets> durations_{};
};

// The sum of some watches.
struct Tally {
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  std::array<std::uint64_t, Watch::kBuckets> durations{};

  void add(const Watch& watch);
  double errors_percent() const;
  // Upper end of the bucket in which the 99th percentile lies.
  std::int64_t p99_ns() const;
};

// Why the canary must not go on; empty when nothing speaks against it. Before the end a verdict needs 20
// requests; p99 is compared when both sides have answered 100.
std::string judge(const Tally& canary, const Tally& others, const config::Canary& limits, bool at_the_end);

}  // namespace evloom::epoch
