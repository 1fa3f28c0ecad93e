// Resources: what a host holds, read from /proc; and its resident memory over time. The test's thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "support/evloom_process.hpp"

namespace evloom::soak {

struct Resources {
  int descriptors = 0;
  int threads = 0;
  std::map<std::string, int> mappings;  // lines of /proc/PID/maps by what they map
  std::size_t copies = 0;               // private copies of plugin files that are mapped

  static Resources of(test::Evloom& evloom);
  int mapping_lines() const;
};

// Waits until the host holds no more than `before`; gives what it holds then, or in the end.
Resources settled(test::Evloom& evloom, const Resources& before, test::milliseconds limit);

// What `after` has that `before` had not, or the other way round, a line each; "" when they are the same.
std::string difference(const Resources& before, const Resources& after);

// Resident memory, taken at even distances.
class MemoryTrend {
 public:
  void sample(std::uint64_t bytes) { samples_.push_back(bytes); }
  // Medians of the first and of the last tenth: single samples catch what comes and goes with a change.
  std::uint64_t first() const { return median(0); }
  std::uint64_t last() const { return median(samples_.size() - tenth()); }
  std::int64_t growth() const {
    return static_cast<std::int64_t>(last()) - static_cast<std::int64_t>(first());
  }

 private:
  std::size_t tenth() const { return samples_.size() < 10 ? samples_.size() : samples_.size() / 10; }
  std::uint64_t median(std::size_t from) const;

  std::vector<std::uint64_t> samples_;
};

}  // namespace evloom::soak
