// Ring: a bounded queue of log records in fixed-size slots; many threads write, the log thread reads. Neither
// side waits or allocates. Slots are numbered as in Dmitry Vyukov's bounded queue
// (https://www.1024cores.net/home/lock-free-algorithms/queues/bounded-mpmc-queue). The Drain owns the rings.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "observe/log.hpp"

namespace evloom::observe {

inline constexpr std::size_t kRecordText = 456;
inline constexpr std::size_t kMaxFaultKey = 56;

// What a producer leaves for the log thread. `text` holds the parts one after the other: the message; or the
// key and the message of a fault; or peer, method, handler and target of an access record.
struct Record {
  enum class Kind : std::uint8_t { kMessage, kFault, kAccess };
  std::int64_t wall_ns;
  const LogModule* module;
  std::uint64_t bytes;
  std::int64_t duration_us;
  std::array<std::uint16_t, 4> sizes;
  std::int16_t status;
  Level level;
  Kind kind;
  std::array<char, kRecordText> text;
};

class Ring {
 public:
  // `loop` is the index that the records bear, -1 for none.
  Ring(std::size_t records, int loop)
      : loop_(loop),
        mask_(std::bit_ceil(records < 2 ? std::size_t{2} : records) - 1),
        slots_(std::make_unique<Slot[]>(mask_ + 1)) {
    for (std::uint64_t i = 0; i <= mask_; ++i) slots_[i].turn.store(i, std::memory_order_relaxed);
  }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  int loop() const { return loop_; }

  // Calls fill(Record&) on a free slot and publishes it; false, and counted, when there is none. [any]
  template <typename Fill>
  bool write(Fill&& fill) {
    std::uint64_t at = tail_.load(std::memory_order_relaxed);
    for (;;) {
      Slot& slot = slots_[at & mask_];
      const std::uint64_t turn = slot.turn.load(std::memory_order_acquire);
      if (turn == at) {
        if (!tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) continue;
        fill(slot.record);
        // seq_cst, as the reader's sleep flag: either the writer sees the flag or the reader sees the record.
        slot.turn.store(at + 1, std::memory_order_seq_cst);
        return true;
      }
      if (turn < at) {
        dropped_.fetch_add(1, std::memory_order_relaxed);
        return false;
      }
      at = tail_.load(std::memory_order_relaxed);
    }
  }

  // The owner of a thread's ring will not write any more. [any]
  void close() { closed_.store(true, std::memory_order_release); }

  // The oldest record, or null: none, or its writer has not finished. Valid until pop. [log thread]
  const Record* front() const {
    const Slot& slot = slots_[head_ & mask_];
    return slot.turn.load(std::memory_order_seq_cst) == head_ + 1 ? &slot.record : nullptr;
  }
  void pop() {
    slots_[head_ & mask_].turn.store(head_ + mask_ + 1, std::memory_order_release);
    ++head_;
  }
  std::uint64_t read_position() const { return head_; }
  std::uint64_t write_position() const { return tail_.load(std::memory_order_relaxed); }
  std::uint64_t take_dropped() {
    if (dropped_.load(std::memory_order_relaxed) == 0) return 0;
    return dropped_.exchange(0, std::memory_order_relaxed);
  }
  bool has_dropped() const { return dropped_.load(std::memory_order_relaxed) != 0; }
  bool closed() const { return closed_.load(std::memory_order_acquire); }

 private:
  struct alignas(64) Slot {
    std::atomic<std::uint64_t> turn;  // == position: free; == position + 1: filled
    Record record;
  };
  static_assert(sizeof(Slot) == 512);

  const int loop_;
  const std::uint64_t mask_;
  const std::unique_ptr<Slot[]> slots_;
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<bool> closed_{false};
  alignas(64) std::uint64_t head_ = 0;
};

}  // namespace evloom::observe
