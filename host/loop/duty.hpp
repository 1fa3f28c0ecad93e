// Duty: which function of whom a loop is in, for a watchdog on another thread. Written by the loop at each
// call of a plugin, by plain stores to a cache line of its own; read by anyone, at any time.
#pragma once

#include <atomic>
#include <cstdint>

namespace evloom::loop {

class alignas(64) Duty {
 public:
  // What was read. Two of the same number, with a `what`, are of one call that has not returned in between.
  struct Seen {
    std::uint64_t number = 0;
    const char* who = nullptr;
    const char* what = nullptr;  // null: the loop is in no call
  };

  // Around a call; they nest. `duty` is null on a thread that is no loop. The texts live as long as the loop.
  class Scope {
   public:
    Scope(Duty* duty, const char* who, const char* what) : duty_(duty) {
      if (!duty_) return;
      who_ = duty_->who_.load(std::memory_order_relaxed);
      what_ = duty_->what_.load(std::memory_order_relaxed);
      duty_->set(who, what);
    }
    ~Scope() {
      if (duty_) duty_->set(who_, what_);
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Duty* const duty_;
    const char* who_ = nullptr;  // of the call outside of this one
    const char* what_ = nullptr;
  };

  Seen look() const {
    const std::uint64_t number = number_.load(std::memory_order_acquire);
    return {number, who_.load(std::memory_order_acquire), what_.load(std::memory_order_acquire)};
  }

 private:
  void set(const char* who, const char* what) {
    number_.store(number_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    who_.store(who, std::memory_order_release);
    what_.store(what, std::memory_order_release);
  }

  std::atomic<std::uint64_t> number_{0};
  std::atomic<const char*> who_{nullptr};
  std::atomic<const char*> what_{nullptr};
};

}  // namespace evloom::loop
