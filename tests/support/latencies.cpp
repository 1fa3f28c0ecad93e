#include "support/latencies.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace evloom::test {

std::size_t Latencies::bucket(std::chrono::nanoseconds took) {
  const auto us = static_cast<std::uint64_t>(
      std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count(), 0));
  const auto width = static_cast<std::size_t>(std::bit_width(us));
  const std::size_t shift = width > 7 ? width - 7 : 0;
  return std::min(shift * kPerDoubling + static_cast<std::size_t>(us >> shift), kBuckets - 1);
}

std::uint64_t Latencies::most_of(std::size_t bucket) {
  const std::size_t shift = bucket < 2 * kPerDoubling ? 0 : bucket / kPerDoubling - 1;
  return ((static_cast<std::uint64_t>(bucket - shift * kPerDoubling) + 1) << shift) - 1;
}

Latencies::Counts Latencies::counts() const {
  Counts all(kBuckets);
  for (std::size_t i = 0; i < kBuckets; ++i) all[i] = counts_[i].load(std::memory_order_relaxed);
  return all;
}

Latencies::Counts Latencies::between(const Counts& before, const Counts& after) {
  Counts all = after;
  for (std::size_t i = 0; i < all.size(); ++i) all[i] -= before[i];
  return all;
}

std::uint64_t Latencies::total(const Counts& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::chrono::microseconds Latencies::percentile(const Counts& counts, double share) {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(static_cast<double>(total(counts)) * share));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    seen += counts[i];
    if (seen >= wanted && seen != 0) return std::chrono::microseconds(most_of(i));
  }
  return std::chrono::microseconds(0);
}

}  // namespace evloom::test
