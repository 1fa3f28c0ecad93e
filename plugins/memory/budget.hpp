// Budget: the bound on what all shards may hold together. Each shard takes a stock from the common rest and
// spends it without touching anything shared; so a bound over all threads costs an atomic operation per 64
// KiB. The figures are estimates of heap use. A Stock belongs to one thread at a time.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace evloom::plugins {

class Budget {
 public:
  explicit Budget(std::uint64_t limit) : rest_(static_cast<std::int64_t>(std::min(limit, kLargest))) {}

  class Stock {
   public:
    explicit Stock(Budget& budget) : budget_(budget) {}
    // False when so much is not left; nothing was taken then.
    bool take(std::size_t bytes) {
      const auto wanted = static_cast<std::int64_t>(bytes);
      if (wanted > own_ && !budget_.draw(wanted - own_, own_)) return false;
      own_ -= wanted;
      return true;
    }
    void give_back(std::size_t bytes) {
      own_ += static_cast<std::int64_t>(bytes);
      if (own_ > 2 * kPortion) {
        budget_.rest_.fetch_add(own_ - kPortion, std::memory_order_relaxed);
        own_ = kPortion;
      }
    }

   private:
    Budget& budget_;
    std::int64_t own_ = 0;
  };

 private:
  static constexpr std::int64_t kPortion = std::int64_t{64} * 1024;
  static constexpr std::uint64_t kLargest = std::uint64_t{1} << 60;

  // Adds at least `missing` to `own`, a whole portion where there is one.
  bool draw(std::int64_t missing, std::int64_t& own) {
    std::int64_t rest = rest_.load(std::memory_order_relaxed);
    for (;;) {
      if (rest < missing) return false;
      const std::int64_t portion = std::min(rest, std::max(missing, kPortion));
      if (rest_.compare_exchange_weak(rest, rest - portion, std::memory_order_relaxed)) {
        own += portion;
        return true;
      }
    }
  }

  std::atomic<std::int64_t> rest_;
};

}  // namespace evloom::plugins
