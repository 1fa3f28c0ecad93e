// Latencies: a histogram of times, exact to 2 %, that any number of threads fill without a lock while another
// reads it. The difference of two readings is what came between them, so one histogram serves many windows.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

namespace evloom::test {

class Latencies {
 public:
  using Counts = std::vector<std::uint64_t>;

  void record(std::chrono::nanoseconds took) {
    counts_[bucket(took)].fetch_add(1, std::memory_order_relaxed);
  }
  Counts counts() const;

  // What came after `before` was read and until `after` was.
  static Counts between(const Counts& before, const Counts& after);
  static std::uint64_t total(const Counts& counts);
  // The time that `share` of them (0.99) did not exceed; 0 when there are none.
  static std::chrono::microseconds percentile(const Counts& counts, double share);

 private:
  // 64 buckets for each doubling; the last one holds whatever took longer than two minutes.
  static constexpr std::size_t kPerDoubling = 64;
  static constexpr std::size_t kBuckets = kPerDoubling * 22;

  static std::size_t bucket(std::chrono::nanoseconds took);
  static std::uint64_t most_of(std::size_t bucket);  // the longest time that belongs there, in microseconds

  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
};

}  // namespace evloom::test
