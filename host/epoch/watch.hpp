// Watch: counts the answers of one loop while a canary is watched: how many, how many of them errors, and how
// long they took. Its loop writes, the control thread reads meanwhile.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace evloom::epoch {

class Epoch;
class Request;

class Watch {
 public:
  // Of durations: four an octave, from 1 us on.
  static constexpr std::size_t kBuckets = 128;

  // Counts the requests of `only`; of every epoch when that is null.
  explicit Watch(const Epoch* only) : only_(only) {}

  // A request has ended. [loop]
  void record(const Epoch& epoch, const Request& request);
  void record(std::uint16_t status, std::int64_t duration_ns);

  // What was counted so far. [any]
  std::uint64_t requests() const { return requests_.load(std::memory_order_relaxed); }
  std::uint64_t errors() const { return errors_.load(std::memory_order_relaxed); }
  std::uint64_t in_bucket(std::size_t index) const {
    return durations_[index].load(std::memory_order_relaxed);
  }

 private:
  static void raise(std::atomic<std::uint64_t>& cell) {
    cell.store(cell.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  const Epoch* const only_;
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> errors_{0};
  std::array<std::atomic<std::uint64_t>, kBuckets> durations_{};
};

}  // namespace evloom::epoch
