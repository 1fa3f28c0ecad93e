// Loop: what one pool thread owns: its place in the pool, its event_base, its mailbox, its deadlines, and the
// slots in which plugin instances keep their per-loop state. evthr's aux points to it. Made and destroyed on
// its own thread, and but for post touched by it alone, so nothing in here is locked.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/result.hpp"
#include "loop/deadline.hpp"
#include "loop/duty.hpp"
#include "loop/mailbox.hpp"

struct event_base;

// The ABI's opaque loop is the base of ours, so that the two convert without a look-up.
struct evl_loop {
 protected:
  evl_loop() = default;
  ~evl_loop() = default;
};

namespace evloom::loop {

class Loop final : public ::evl_loop {
 public:
  // Instances that can live at a time, over all epochs.
  static constexpr std::size_t kSlots = 1024;

  static Result<std::unique_ptr<Loop>> create(std::uint32_t index, event_base* base);
  ~Loop();

  std::uint32_t index() const { return index_; }
  event_base* base() const { return base_; }
  Mailbox& mailbox() { return *mailbox_; }
  DeadlineQueue& deadlines() { return deadlines_; }

  // Which call of a plugin this loop is in. Written here, read by anyone.
  Duty& duty() { return duty_; }

  // What an instance's thread_start returned here; null when it has not been called. [loop]
  void*& slot(std::size_t index) { return slots_[index]; }

  // Another number at each call, never 0. [loop]
  std::uint64_t next_number() { return ++numbers_; }

  // What the layers above keep per loop: set once, before requests come. [loop]
  void set_context(void* context) { context_ = context; }
  void* context() const { return context_; }

  // The loop of the calling thread; null on a thread that is none. For checks, not for look-ups.
  static Loop* current();

 private:
  Loop(std::uint32_t index, event_base* base) : index_(index), base_(base), deadlines_(base) {}

  Duty duty_;
  std::uint32_t index_;
  event_base* base_;
  void* context_ = nullptr;
  std::uint64_t numbers_ = 0;
  DeadlineQueue deadlines_;
  std::unique_ptr<Mailbox> mailbox_;
  std::array<void*, kSlots> slots_{};
};

}  // namespace evloom::loop
